// Opens TensorFlow's library before the tfjs addon does, with stderr closed meanwhile: the library writes
// start-up lines there from static initialisers, which TF_CPP_MIN_LOG_LEVEL does not reach.
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

NAPI_MODULE_INIT() {
  (void)env;
  const int saved = dup(STDERR_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY);
  if (saved >= 0 && nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  // A failure says nothing here: the addon itself then fails with the reason.
  dlopen(TENSORFLOW_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (saved >= 0 && nowhere >= 0) dup2(saved, STDERR_FILENO);
  if (saved >= 0) close(saved);
  if (nowhere >= 0) close(nowhere);
  return exports;
}
