// NVIDIA's management library beside cuda.c: one card, one driver, no links.
#include <string.h>

int nvmlInit(void) { return 0; }
int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount(unsigned *count) { *count = 1; return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) { *handle = (void *)1; return 0; }
int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **handle) { *handle = (void *)1; return 0; }
int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) { *handle = (void *)1; return 0; }
int nvmlSystemGetDriverVersion(char *version, unsigned size) { strncpy(version, "580.159.04", size); return 0; }
int nvmlDeviceGetNvLinkState(void *device, unsigned link, int *active) { *active = 0; return 3; }
const char *nvmlErrorString(int error) { return "none"; }
