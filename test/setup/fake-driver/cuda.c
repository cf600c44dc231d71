// A CUDA driver that claims one card and computes nothing: how far TensorFlow's loading of CUDA comes can be seen without one.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int Result;

Result cuInit(unsigned flags) { return 0; }
Result cuDriverGetVersion(int *version) { *version = 13000; return 0; }
Result cuDeviceGetCount(int *count) { *count = 1; return 0; }
Result cuDeviceGet(int *device, int index) { *device = index; return 0; }
Result cuDeviceGetName(char *name, int size, int device) { snprintf(name, size, "A card that is none"); return 0; }
Result cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = 80ull << 30; return 0; }
Result cuDeviceGetPCIBusId(char *id, int size, int device) { snprintf(id, size, "0000:00:04.0"); return 0; }
Result cuDeviceGetUuid(void *uuid, int device) { memset(uuid, 1, 16); return 0; }
Result cuDeviceGetUuid_v2(void *uuid, int device) { memset(uuid, 1, 16); return 0; }
Result cuDeviceComputeCapability(int *major, int *minor, int device) { *major = 9; *minor = 0; return 0; }

Result cuDeviceGetAttribute(int *value, int attribute, int device) {
  switch (attribute) {
    case 1: case 2: case 3: *value = 1024; break;         // threads a block
    case 4: *value = 64; break;
    case 5: case 6: case 7: *value = 65535; break;        // blocks a grid
    case 8: *value = 49152; break;                        // shared memory a block
    case 10: *value = 32; break;                          // a warp
    case 12: case 82: *value = 65536; break;              // registers
    case 13: *value = 1980000; break;                     // kHz
    case 16: *value = 132; break;                         // multiprocessors
    case 36: *value = 2619000; break;
    case 37: *value = 5120; break;
    case 38: *value = 50 << 20; break;
    case 39: *value = 2048; break;
    case 75: *value = 9; break;                           // compute capability
    case 76: *value = 0; break;
    case 81: *value = 233472; break;
    case 97: *value = 232448; break;
    default: *value = 0;
  }
  return 0;
}

Result cuDevicePrimaryCtxRetain(void **context, int device) { *context = (void *)0x1000; return 0; }
Result cuDevicePrimaryCtxRelease_v2(int device) { return 0; }
Result cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active) { *flags = 0; *active = 1; return 0; }
Result cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags) { return 0; }
Result cuCtxGetCurrent(void **context) { *context = (void *)0x1000; return 0; }
Result cuCtxSetCurrent(void *context) { return 0; }
Result cuCtxPushCurrent_v2(void *context) { return 0; }
Result cuCtxPopCurrent_v2(void **context) { *context = (void *)0x1000; return 0; }
Result cuCtxGetDevice(int *device) { *device = 0; return 0; }
Result cuCtxSynchronize(void) { return 0; }
Result cuCtxGetApiVersion(void *context, unsigned *version) { *version = 13000; return 0; }
Result cuCtxGetStreamPriorityRange(int *least, int *most) { *least = 0; *most = -5; return 0; }
Result cuMemGetInfo_v2(size_t *left, size_t *all) { *left = 79ull << 30; *all = 80ull << 30; return 0; }
Result cuMemAlloc_v2(void **bytes, size_t size) { *bytes = malloc(size < (1u << 30) ? size : 1u << 30); return 0; }
Result cuStreamCreate(void **stream, unsigned flags) { *stream = (void *)0x2000; return 0; }
Result cuStreamCreateWithPriority(void **stream, unsigned flags, int priority) { *stream = (void *)0x2000; return 0; }
Result cuEventCreate(void **event, unsigned flags) { *event = (void *)0x3000; return 0; }
Result cuGetErrorName(int error, const char **name) { *name = "NONE"; return 0; }
Result cuGetErrorString(int error, const char **text) { *text = "none"; return 0; }
