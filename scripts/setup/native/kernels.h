// The arithmetic of small networks, for one vector width (LANES floats): compiled once for each, into the namespace
// WIDTH. Sums run in the order of their terms in every lane. In products and in tanh a term is multiplied and added with
// one rounding (fused) where the processor can, with two where it can't; nothing else is fused. So all widths that fuse,
// WebAssembly that fuses and plain TypeScript (src/agents/kernels) give the same bits, and so do those that don't.
// Matrices are row-major. Whole vectors are read and, where a kernel's comment says so, written up to the next multiple
// of 16 floats.
#include <cmath>
#include <cstring>
#ifdef __FMA__
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace WIDTH {

typedef float Lanes __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
typedef int Order __attribute__((vector_size(16)));

inline Lanes load(const float* from) { return *reinterpret_cast<const Lanes*>(from); }
inline void store(float* to, Lanes values) { *reinterpret_cast<Lanes*>(to) = values; }

inline Lanes splat(float value) { return value - Lanes{}; }

/** a b + c */
inline Lanes multiplyAdd(Lanes a, Lanes b, Lanes c) {
#if defined(__FMA__) && LANES == 16
  return (Lanes)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__) && LANES == 8
  return (Lanes)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__) && LANES == 4
  return (Lanes)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

/** ROWS rows by COLUMNS vectors of c, of which `valid` floats of the last vector exist. */
template <int ROWS, int COLUMNS>
inline void block(const float* a, long down, long along, const float* b, const float* bias, float* c, int k, int n,
                  int valid) {
  Lanes sums[ROWS][COLUMNS];
  for (int v = 0; v < COLUMNS; v++)
    for (int r = 0; r < ROWS; r++) sums[r][v] = bias ? load(bias + v * LANES) : Lanes{};
  for (int l = 0; l < k; l++, a += along, b += n) {
    Lanes row[COLUMNS];
    for (int v = 0; v < COLUMNS; v++) row[v] = load(b + v * LANES);
    for (int r = 0; r < ROWS; r++)
      for (int v = 0; v < COLUMNS; v++) sums[r][v] = multiplyAdd(splat(a[r * down]), row[v], sums[r][v]);
  }
  for (int r = 0; r < ROWS; r++) {
    for (int v = 0; v < COLUMNS - 1; v++) store(c + long(r) * n + v * LANES, sums[r][v]);
    float* last = c + long(r) * n + (COLUMNS - 1) * LANES;
    if (valid == LANES) store(last, sums[r][COLUMNS - 1]);
    else std::memcpy(last, &sums[r][COLUMNS - 1], valid * sizeof(float));
  }
}

/** COLUMNS vectors of all rows, ROWS at a time: that part of b stays near the processor while the rows pass by. */
template <int ROWS, int COLUMNS>
inline void panel(const float* a, long down, long along, const float* b, const float* bias, float* c, int m, int k, int n,
                  int valid) {
  int i = 0;
  for (; i + ROWS <= m; i += ROWS)
    block<ROWS, COLUMNS>(a + i * down, down, along, b, bias, c + long(i) * n, k, n, valid);
  if (ROWS > 4)
    for (; i + 4 <= m; i += 4) block<4, COLUMNS>(a + i * down, down, along, b, bias, c + long(i) * n, k, n, valid);
  for (; i < m; i++) block<1, COLUMNS>(a + i * down, down, along, b, bias, c + long(i) * n, k, n, valid);
}

/** c = bias + a b: a [m, k] with its elements `down` apart in a column and `along` in a row, b [k, n], bias [n] or none. */
void multiply(const float* a, long down, long along, const float* b, const float* bias, float* c, int m, int k, int n) {
  // As many sums as the registers hold: AVX-512 has twice as many. A sum waits for its last term.
  constexpr int ROWS = LANES == 16 ? 8 : 4;
  int j = 0;
  for (; j + 2 * LANES <= n; j += 2 * LANES)
    panel<ROWS, 2>(a, down, along, b + j, bias ? bias + j : nullptr, c + j, m, k, n, LANES);
  for (; j < n; j += LANES)
    panel<8, 1>(a, down, along, b + j, bias ? bias + j : nullptr, c + j, m, k, n, n - j < LANES ? n - j : LANES);
}

/** t [columns, rows] = aᵀ, a [rows, columns]. */
void transpose(const float* a, float* t, int rows, int columns) {
  int i = 0;
  for (; i + 4 <= rows; i += 4) {
    int j = 0;
    for (; j + 4 <= columns; j += 4) {
      const float* from = a + long(i) * columns + j;
      Four p = *reinterpret_cast<const Four*>(from), q = *reinterpret_cast<const Four*>(from + columns);
      Four r = *reinterpret_cast<const Four*>(from + 2 * columns), s = *reinterpret_cast<const Four*>(from + 3 * columns);
      Four pq = __builtin_shuffle(p, q, Order{0, 4, 1, 5}), PQ = __builtin_shuffle(p, q, Order{2, 6, 3, 7});
      Four rs = __builtin_shuffle(r, s, Order{0, 4, 1, 5}), RS = __builtin_shuffle(r, s, Order{2, 6, 3, 7});
      float* to = t + long(j) * rows + i;
      *reinterpret_cast<Four*>(to) = __builtin_shuffle(pq, rs, Order{0, 1, 4, 5});
      *reinterpret_cast<Four*>(to + rows) = __builtin_shuffle(pq, rs, Order{2, 3, 6, 7});
      *reinterpret_cast<Four*>(to + 2 * rows) = __builtin_shuffle(PQ, RS, Order{0, 1, 4, 5});
      *reinterpret_cast<Four*>(to + 3 * rows) = __builtin_shuffle(PQ, RS, Order{2, 3, 6, 7});
    }
    for (; j < columns; j++)
      for (int r = 0; r < 4; r++) t[long(j) * rows + i + r] = a[long(i + r) * columns + j];
  }
  for (; i < rows; i++)
    for (int j = 0; j < columns; j++) t[long(j) * rows + i] = a[long(i) * columns + j];
}

/** c [n] = the sums of a's columns, a [m, n]. */
void columnSums(const float* a, float* c, int m, int n) {
  for (int j = 0; j < n; j += LANES) {
    Lanes sum = {};
    for (int i = 0; i < m; i++) sum += load(a + long(i) * n + j);
    std::memcpy(c + j, &sum, (n - j < LANES ? n - j : LANES) * sizeof(float));
  }
}

constexpr float NUMERATOR[] = {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f, 5.12229709037114e-8f,
                               1.48572235717979e-5f,   6.37261928875436e-4f,  4.89352455891786e-3f};
constexpr float DENOMINATOR[] = {1.19825839466702e-6f, 1.18534705686654e-4f, 2.26843463243900e-3f, 4.89352518554385e-3f};

/** VECTORS of y together: each step of a polynomial waits for the one before it. */
template <int VECTORS>
inline void tanhOf(float* y) {
  const Lanes high = splat(7.90531110763549805f), low = -high;
  Lanes x[VECTORS], s[VECTORS], p[VECTORS], q[VECTORS];
  for (int v = 0; v < VECTORS; v++) {
    x[v] = load(y + v * LANES);
    x[v] = x[v] < low ? low : x[v];
    x[v] = x[v] > high ? high : x[v];
    s[v] = x[v] * x[v];
    p[v] = multiplyAdd(s[v], splat(NUMERATOR[0]), splat(NUMERATOR[1]));
    q[v] = multiplyAdd(s[v], splat(DENOMINATOR[0]), splat(DENOMINATOR[1]));
  }
  for (int c = 2; c < 7; c++)
    for (int v = 0; v < VECTORS; v++) p[v] = multiplyAdd(s[v], p[v], splat(NUMERATOR[c]));
  for (int c = 2; c < 4; c++)
    for (int v = 0; v < VECTORS; v++) q[v] = multiplyAdd(s[v], q[v], splat(DENOMINATOR[c]));
  for (int v = 0; v < VECTORS; v++) store(y + v * LANES, x[v] * p[v] / q[v]);
}

/** y = tanh(y), n floats up to the next multiple of 16: the rational function of Eigen's ptanh_float. */
void tanh(float* y, int n) {
  constexpr int TOGETHER = LANES == 16 ? 4 : 2;
  int i = 0;
  for (; i + TOGETHER * LANES <= n; i += TOGETHER * LANES) tanhOf<TOGETHER>(y + i);
  for (; i < n; i += LANES) tanhOf<1>(y + i);
}

/** d = d · (1 − y²), as far as `tanh`. */
void tanhGradient(float* d, const float* y, int n) {
  for (int i = 0; i < n; i += LANES) {
    const Lanes t = load(y + i);
    store(d + i, load(d + i) * (1.0f - t * t));
  }
}

/** y = max(y, 0), as far as `tanh`; NaN stays NaN. */
void relu(float* y, int n) {
  for (int i = 0; i < n; i += LANES) {
    const Lanes x = load(y + i);
    store(y + i, x <= Lanes{} ? Lanes{} : x);
  }
}

/** d = d where y > 0, else 0, as far as `tanh`. */
void reluGradient(float* d, const float* y, int n) {
  for (int i = 0; i < n; i += LANES) store(d + i, load(y + i) > Lanes{} ? load(d + i) : Lanes{});
}

/** Sixteen sums of every sixteenth term of n floats, halved four times. */
template <typename Term>
inline float sumOfEverySixteenth(const float* a, int n, Term term) {
  float sums[16] = {};
  Lanes partial[16 / LANES] = {};
  int i = 0;
  for (; i + 16 <= n; i += 16)
    for (int v = 0; v < 16 / LANES; v++) partial[v] += term(load(a + i + v * LANES));
  std::memcpy(sums, partial, sizeof sums);
  for (; i < n; i++) sums[i % 16] += term(a[i]);
  for (int half = 8; half > 0; half /= 2)
    for (int l = 0; l < half; l++) sums[l] += sums[l + half];
  return sums[0];
}

/** Σ a², n floats. */
float sumSquares(const float* a, int n) {
  return sumOfEverySixteenth(a, n, [](auto x) { return x * x; });
}

/** One step of Adam down scale·g, n floats: rate and correction hold what the moments' bias asks for. */
void adam(float* __restrict p, const float* __restrict gradient, float* __restrict mean, float* __restrict variance,
          int n, float scale, float rate, float correction, float beta1, float beta2, float epsilon) {
  const float rest1 = 1.0f - beta1, rest2 = 1.0f - beta2;
  for (int i = 0; i < n; i++) {
    const float g = gradient[i] * scale;
    const float m = mean[i] + rest1 * (g - mean[i]);
    const float v = beta2 * variance[i] + rest2 * g * g;
    mean[i] = m;
    variance[i] = v;
    p[i] -= rate * m / (std::sqrt(v) * correction + epsilon);
  }
}

#include "losses.h"

}  // namespace WIDTH
