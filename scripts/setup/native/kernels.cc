// The kernels as a Node addon: `attach(buffer)` gives those that work in an ArrayBuffer, by byte addresses into it
// (src/agents/kernels/kernels.ts). Compiled once a width (kernels.h); the widest that the processor has is chosen.
#include <node_api.h>

#include <atomic>
#include <condition_variable>
#include <initializer_list>
#include <mutex>
#include <thread>
#include <utility>

#define KERNELS_OF(width)                                                                                            \
  namespace width {                                                                                                  \
  void multiply(const float*, long, long, const float*, const float*, float*, int, int, int);                        \
  void transpose(const float*, float*, int, int);                                                                    \
  void columnSums(const float*, float*, int, int);                                                                   \
  void tanh(float*, int);                                                                                            \
  void tanhGradient(float*, const float*, int);                                                                      \
  void relu(float*, int);                                                                                            \
  void reluGradient(float*, const float*, int);                                                                      \
  float sumSquares(const float*, int);                                                                               \
  float sum(const float*, int);                                                                                      \
  void scale(float*, int, float);                                                                                    \
  void standardize(float*, int);                                                                                     \
  void categorical(const float*, const float*, const float*, float*, float*, float*, float*, int, int, int, int);    \
  void categoricalGradient(const float*, const float*, const float*, const float*, const float*, float*, int, int,   \
                           int, int, float);                                                                         \
  void clippedObjective(const float*, const float*, const float*, float*, float*, float*, float*, int, float);       \
  void valueLoss(const float*, const float*, const float*, float*, float*, int, float);                              \
  void adam(float*, const float*, float*, float*, int, float, float, float, float, float, float);                    \
  }

KERNELS_OF(narrow)
#ifdef __x86_64__
KERNELS_OF(wide)
KERNELS_OF(widest)
#define CHOOSE(kernel) (level == 2 ? widest::kernel : level == 1 ? wide::kernel : narrow::kernel)
#else
#define CHOOSE(kernel) narrow::kernel
#endif

namespace {

int supported() {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("fma")) return 0;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return 2;
  if (__builtin_cpu_supports("avx2")) return 1;
#endif
  return 0;
}

const int level = supported();
const auto multiplyOf = CHOOSE(multiply);
const auto transposeOf = CHOOSE(transpose);
const auto columnSumsOf = CHOOSE(columnSums);
const auto tanhOf = CHOOSE(tanh);
const auto tanhGradientOf = CHOOSE(tanhGradient);
const auto reluOf = CHOOSE(relu);
const auto reluGradientOf = CHOOSE(reluGradient);
const auto sumSquaresOf = CHOOSE(sumSquares);
const auto sumOf = CHOOSE(sum);
const auto scaleOf = CHOOSE(scale);
const auto standardizeOf = CHOOSE(standardize);
const auto categoricalOf = CHOOSE(categorical);
const auto categoricalGradientOf = CHOOSE(categoricalGradient);
const auto clippedObjectiveOf = CHOOSE(clippedObjective);
const auto valueLossOf = CHOOSE(valueLoss);
const auto adamOf = CHOOSE(adam);

/** A call's arguments: addresses into the attached memory, and numbers. */
class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = MOST;
    void* memory;
    napi_get_cb_info(env, info, &count, values_, nullptr, &memory);
    memory_ = static_cast<char*>(memory);
  }
  int integer(int at) const {
    int32_t value = 0;
    napi_get_value_int32(env_, values_[at], &value);
    return value;
  }
  float number(int at) const {
    double value = 0;
    napi_get_value_double(env_, values_[at], &value);
    return static_cast<float>(value);
  }
  float* address(int at) const { return reinterpret_cast<float*>(memory_ + integer(at)); }

 private:
  static constexpr size_t MOST = 12;
  napi_env env_;
  napi_value values_[MOST];
  char* memory_;
};

napi_value multiply(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  // Address 0 is no bias.
  const float* bias = call.integer(4) == 0 ? nullptr : call.address(4);
  multiplyOf(call.address(0), call.integer(1), call.integer(2), call.address(3), bias, call.address(5), call.integer(6),
             call.integer(7), call.integer(8));
  return nullptr;
}

/** `transpose` and `columnSums`: from, to, rows, columns. */
template <void (*const& kernel)(const float*, float*, int, int)>
napi_value fromTo(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  kernel(call.address(0), call.address(1), call.integer(2), call.integer(3));
  return nullptr;
}

/** Activations: in place, n. */
template <void (*const& kernel)(float*, int)>
napi_value inPlace(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  kernel(call.address(0), call.integer(1));
  return nullptr;
}

/** Their slopes: in place, by another array, n. */
template <void (*const& kernel)(float*, const float*, int)>
napi_value inPlaceBy(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  kernel(call.address(0), call.address(1), call.integer(2));
  return nullptr;
}

/** Sums: from, n. */
template <float (*const& kernel)(const float*, int)>
napi_value reduced(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  napi_value sum;
  napi_create_double(env, kernel(call.address(0), call.integer(1)), &sum);
  return sum;
}

napi_value adam(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  adamOf(call.address(0), call.address(1), call.address(2), call.address(3), call.integer(4), call.number(5),
         call.number(6), call.number(7), call.number(8), call.number(9), call.number(10));
  return nullptr;
}

napi_value scale(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  scaleOf(call.address(0), call.integer(1), call.number(2));
  return nullptr;
}

napi_value categorical(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  // Address 0 is no mask.
  const float* mask = call.integer(1) == 0 ? nullptr : call.address(1);
  categoricalOf(call.address(0), mask, call.address(2), call.address(3), call.address(4), call.address(5), call.address(6),
                call.integer(7), call.integer(8), call.integer(9), call.integer(10));
  return nullptr;
}

napi_value categoricalGradient(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  categoricalGradientOf(call.address(0), call.address(1), call.address(2), call.address(3), call.address(4),
                        call.address(5), call.integer(6), call.integer(7), call.integer(8), call.integer(9),
                        call.number(10));
  return nullptr;
}

napi_value clippedObjective(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  clippedObjectiveOf(call.address(0), call.address(1), call.address(2), call.address(3), call.address(4), call.address(5),
                     call.address(6), call.integer(7), call.number(8));
  return nullptr;
}

napi_value valueLoss(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  valueLossOf(call.address(0), call.address(1), call.address(2), call.address(3), call.address(4), call.integer(5),
              call.number(6));
  return nullptr;
}

/** Calls of kernels over one memory, CALL numbers each: src/agents/kernels/program.ts. */
struct Program {
  static constexpr size_t CALL = 10;
  char* memory;
  const double* numbers;
  size_t count;

  void run() const {
    for (const double* call = numbers; call < numbers + count; call += CALL) step(call);
  }

 private:
  float* at(double address) const { return reinterpret_cast<float*>(memory + static_cast<long>(address)); }

  void step(const double* n) const {
    const auto whole = [n](int i) { return static_cast<int>(n[i]); };
    switch (whole(0)) {
      case 0:
        return multiplyOf(at(n[1]), whole(2), whole(3), at(n[4]), n[5] == 0 ? nullptr : at(n[5]), at(n[6]), whole(7), whole(8),
                          whole(9));
      case 1: return transposeOf(at(n[1]), at(n[2]), whole(3), whole(4));
      case 2: return columnSumsOf(at(n[1]), at(n[2]), whole(3), whole(4));
      case 3: return tanhOf(at(n[1]), whole(2));
      case 4: return tanhGradientOf(at(n[1]), at(n[2]), whole(3));
      case 5: return reluOf(at(n[1]), whole(2));
      case 6: return reluGradientOf(at(n[1]), at(n[2]), whole(3));
    }
  }
};

/**
 * A second thread, which does what it is given if it gets to it before the first one has nothing else to do: on a machine
 * whose cores are busy nobody waits for a thread that doesn't run.
 */
class Helper {
 public:
  Helper() : thread_([this] { serve(); }) { thread_.detach(); }

  void runBoth(const Program& first, const Program& second) {
    work_ = &first;
    state_.store(OFFERED);
    if (asleep_.load()) {
      std::lock_guard<std::mutex> lock(mutex_);
      awake_.notify_one();
    }
    second.run();
    int offered = OFFERED;
    if (state_.compare_exchange_strong(offered, NOTHING)) return first.run();
    for (int turn = 0; state_.load(std::memory_order_acquire) != DONE; turn++) {
      if (turn > PATIENCE) std::this_thread::yield();
      else pause();
    }
    state_.store(NOTHING);
  }

 private:
  enum State { NOTHING, OFFERED, TAKEN, DONE };
  /** Looks at the state before a core is given away: a tenth of a millisecond or so. */
  static constexpr int PATIENCE = 2000;

  static void pause() {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
  }

  void serve() {
    for (;;) {
      for (int turn = 0; state_.load() != OFFERED; turn++) {
        pause();
        if (turn > PATIENCE) sleep();
      }
      int offered = OFFERED;
      if (!state_.compare_exchange_strong(offered, TAKEN)) continue;
      work_->run();
      state_.store(DONE, std::memory_order_release);
    }
  }

  void sleep() {
    std::unique_lock<std::mutex> lock(mutex_);
    asleep_.store(true);
    awake_.wait(lock, [this] { return state_.load() == OFFERED; });
    asleep_.store(false);
  }

  std::atomic<int> state_{NOTHING};
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable awake_;
  const Program* work_ = nullptr;
  std::thread thread_;
};

/** One of a process; of several threads of JavaScript, one has it at a time. */
std::mutex helping;

void runBothOf(const Program& first, const Program& second) {
  const std::unique_lock<std::mutex> mine(helping, std::try_to_lock);
  if (!mine.owns_lock()) {
    first.run();
    return second.run();
  }
  // As long as the process.
  static Helper* const helper = new Helper();
  helper->runBoth(first, second);
}

/** The program of two arguments, an ArrayBuffer and a Float64Array. */
Program programOf(napi_env env, const napi_value* arguments) {
  void *memory = nullptr, *numbers = nullptr;
  size_t count = 0;
  napi_get_arraybuffer_info(env, arguments[0], &memory, nullptr);
  napi_get_typedarray_info(env, arguments[1], nullptr, &count, &numbers, nullptr, nullptr);
  return {static_cast<char*>(memory), static_cast<const double*>(numbers), count};
}

napi_value run(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  programOf(env, arguments).run();
  return nullptr;
}

napi_value runBoth(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  runBothOf(programOf(env, arguments), programOf(env, arguments + 2));
  return nullptr;
}

/** The kernels over one ArrayBuffer, which its owner keeps for as long as it calls them. */
napi_value attach(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value buffer, kernels;
  napi_get_cb_info(env, info, &count, &buffer, nullptr, nullptr);
  void* memory = nullptr;
  size_t bytes = 0;
  if (napi_get_arraybuffer_info(env, buffer, &memory, &bytes) != napi_ok) {
    napi_throw_type_error(env, nullptr, "attach takes an ArrayBuffer");
    return nullptr;
  }
  napi_create_object(env, &kernels);
  const std::initializer_list<std::pair<const char*, napi_callback>> all = {
      {"multiply", multiply},
      {"transpose", fromTo<transposeOf>},
      {"columnSums", fromTo<columnSumsOf>},
      {"tanh", inPlace<tanhOf>},
      {"tanhGradient", inPlaceBy<tanhGradientOf>},
      {"relu", inPlace<reluOf>},
      {"reluGradient", inPlaceBy<reluGradientOf>},
      {"sumSquares", reduced<sumSquaresOf>},
      {"sum", reduced<sumOf>},
      {"scale", scale},
      {"standardize", inPlace<standardizeOf>},
      {"categorical", categorical},
      {"categoricalGradient", categoricalGradient},
      {"clippedObjective", clippedObjective},
      {"valueLoss", valueLoss},
      {"adam", adam},
  };
  for (const auto& [name, kernel] : all) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, kernel, memory, &function);
    napi_set_named_property(env, kernels, name, function);
  }
  // The buffer lives as long as its kernels.
  napi_set_named_property(env, kernels, "buffer", buffer);
  return kernels;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function, name;
  napi_create_function(env, "attach", NAPI_AUTO_LENGTH, attach, nullptr, &function);
  napi_set_named_property(env, exports, "attach", function);
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, nullptr, &function);
  napi_set_named_property(env, exports, "run", function);
  napi_create_function(env, "runBoth", NAPI_AUTO_LENGTH, runBoth, nullptr, &function);
  napi_set_named_property(env, exports, "runBoth", function);
#ifdef __x86_64__
  const char* const names[] = {"sse", "avx2", "avx512"};
  napi_create_string_utf8(env, names[level], NAPI_AUTO_LENGTH, &name);
#elif defined(__aarch64__)
  napi_create_string_utf8(env, "neon", NAPI_AUTO_LENGTH, &name);
#else
  napi_create_string_utf8(env, "native", NAPI_AUTO_LENGTH, &name);
#endif
  napi_set_named_property(env, exports, "instructions", name);
  return exports;
}
