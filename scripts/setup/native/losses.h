// What agents minimise, over whole minibatches: the second part of kernels.h, in its namespace. Nothing here but a
// polynomial's steps multiplies and adds with one rounding; reduced sums are sixteen of every sixteenth term, halved four
// times. Elementwise kernels write up to the next multiple of 16 floats.

typedef int Integers __attribute__((vector_size(LANES * 4)));

constexpr float EXPONENTIAL[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
constexpr float LOGARITHM[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,  -1.2420140846e-1f, 1.4249322787e-1f,
                               -1.6668057665e-1f, 2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
/** ln 2, of which the first part has few digits. */
constexpr float LN2 = 0.693359375f, LN2_REST = -2.12194440e-4f;

/** exp(x), x held within −87 and 88 (the coefficients of Cephes' expf): x = n ln 2 + r, and 2ⁿ by its bits. */
inline Lanes exponential(Lanes x) {
  // Added, it leaves n in the last places.
  const Lanes low = splat(-87.0f), high = splat(88.0f), round = splat(12582912.0f);
  x = x < low ? low : x;
  x = x > high ? high : x;
  const Lanes rounded = multiplyAdd(x, splat(1.44269504088896341f), round);
  const Lanes n = rounded - round;
  const Lanes r = multiplyAdd(n, splat(-LN2_REST), multiplyAdd(n, splat(-LN2), x));
  Lanes p = splat(EXPONENTIAL[0]);
  for (int c = 1; c < 6; c++) p = multiplyAdd(p, r, splat(EXPONENTIAL[c]));
  const Lanes y = multiplyAdd(p, r * r, r) + splat(1.0f);
  return y * (Lanes)(((Integers)rounded - (Integers)round + 127) << 23);
}

/** ln x, x > 0 and not the smallest (the coefficients of Cephes' logf): x = 2ⁿ m, √½ ≤ m < √2. */
inline Lanes logarithm(Lanes x) {
  const Integers bits = (Integers)x;
  Lanes m = (Lanes)((bits & 0x007fffff) | 0x3f000000);
  const Integers isSmall = m < splat(0.707106781186547524f);
  m = isSmall ? m + m : m;
  const Lanes n = __builtin_convertvector((bits >> 23) - 126 + isSmall, Lanes);
  const Lanes r = m - splat(1.0f), square = r * r;
  Lanes p = splat(LOGARITHM[0]);
  for (int c = 1; c < 9; c++) p = multiplyAdd(p, r, splat(LOGARITHM[c]));
  Lanes y = multiplyAdd(n, splat(LN2_REST), r * square * p);
  y = multiplyAdd(splat(-0.5f), square, y);
  return multiplyAdd(n, splat(LN2), r + y);
}

/** Σ a, n floats. */
float sum(const float* a, int n) {
  return sumOfEverySixteenth(a, n, [](auto x) { return x; });
}

/** a = factor a */
void scale(float* a, int n, float factor) {
  for (int i = 0; i < n; i += LANES) store(a + i, load(a + i) * splat(factor));
}

/** a = (a − mean) / (deviation + 1e-8), n ≥ 2 floats, the deviation that of a sample. */
void standardize(float* a, int n) {
  const Lanes mean = splat(sum(a, n) / float(n));
  for (int i = 0; i < n; i += LANES) store(a + i, load(a + i) - mean);
  const Lanes deviation = splat(std::sqrt(sumSquares(a, n) / float(n - 1)) + 1e-8f);
  for (int i = 0; i < n; i += LANES) store(a + i, load(a + i) / deviation);
}

/** Element k of a choice in LANES rows from `row` on, of which `valid` exist; 0 in the others. */
inline Lanes column(const float* matrix, long row, int width, int k, int valid) {
  float values[LANES] = {};
  for (int l = 0; l < valid; l++) values[l] = matrix[(row + l) * width + k];
  return load(values);
}

inline void setColumn(float* matrix, long row, int width, int k, int valid, Lanes column) {
  float values[LANES];
  store(values, column);
  for (int l = 0; l < valid; l++) matrix[(row + l) * width + k] = values[l];
}

/**
 * Of one choice, `count` logits from `from` on in rows of `width`: logp = log softmax over what the mask (or nullptr) allows, −∞
 * elsewhere, p = exp(logp), both at the logits' places; chosen = logp of the row's action, entropies = −Σ p logp.
 */
void categorical(const float* logits, const float* mask, const float* actions, float* logp, float* p, float* chosen,
                 float* entropies, int rows, int width, int from, int count) {
  const Lanes lowest = splat(-__builtin_inff()), none = {};
  for (int row = 0; row < rows; row += LANES) {
    const int valid = rows - row < LANES ? rows - row : LANES;
    const auto allowed = [&](int k) { return mask ? column(mask, row, width, from + k, valid) != none : none == none; };
    Lanes largest = lowest, sum = none, entropy = none, own = none;
    for (int k = 0; k < count; k++) {
      const Lanes x = allowed(k) ? column(logits, row, width, from + k, valid) : lowest;
      largest = x > largest ? x : largest;
    }
    for (int k = 0; k < count; k++) {
      const Lanes x = column(logits, row, width, from + k, valid);
      sum += allowed(k) ? exponential(x - largest) : none;
    }
    const Lanes normalizer = logarithm(sum), action = load(actions + row);
    for (int k = 0; k < count; k++) {
      const auto isAllowed = allowed(k);
      const Lanes log = column(logits, row, width, from + k, valid) - largest - normalizer;
      const Lanes probability = isAllowed ? exponential(log) : none;
      const Lanes shown = isAllowed ? log : lowest;
      entropy -= isAllowed ? probability * log : none;
      own = action == splat(float(k)) ? shown : own;
      setColumn(logp, row, width, from + k, valid, shown);
      setColumn(p, row, width, from + k, valid, probability);
    }
    store(chosen + row, own);
    store(entropies + row, entropy);
  }
}

/** By the logits, of what `categorical` found: byChosen (1[k = action] − p) − byEntropy p (logp + entropy); 0 where p is 0. */
void categoricalGradient(const float* byChosen, const float* actions, const float* logp, const float* p,
                         const float* entropies, float* gradient, int rows, int width, int from, int count,
                         float byEntropy) {
  const Lanes none = {};
  for (int row = 0; row < rows; row += LANES) {
    const int valid = rows - row < LANES ? rows - row : LANES;
    const Lanes by = load(byChosen + row), action = load(actions + row), entropy = load(entropies + row);
    for (int k = 0; k < count; k++) {
      const Lanes probability = column(p, row, width, from + k, valid);
      const Lanes indicator = action == splat(float(k)) ? splat(1.0f) : none;
      const Lanes log = column(logp, row, width, from + k, valid);
      const Lanes slope = by * (indicator - probability) - splat(byEntropy) * probability * (log + entropy);
      setColumn(gradient, row, width, from + k, valid, probability == none ? none : slope);
    }
  }
}

/**
 * PPO's, of log-probabilities now and before: r = exp(now − before); objective = min(r A, clip(r, 1 − clip, 1 + clip) A), slope by
 * `now`; divergence = r − 1 − ln r; outside = 1 where |r − 1| > clip.
 */
void clippedObjective(const float* now, const float* before, const float* advantages, float* objective, float* slope,
                      float* divergence, float* outside, int n, float clip) {
  const Lanes one = splat(1.0f), none = {}, low = splat(1.0f - clip), high = splat(1.0f + clip), most = splat(clip);
  for (int i = 0; i < n; i += LANES) {
    const Lanes log = load(now + i) - load(before + i), ratio = exponential(log), advantage = load(advantages + i);
    Lanes held = ratio < low ? low : ratio;
    held = held > high ? high : held;
    const Lanes surrogate = ratio * advantage, clipped = held * advantage, off = ratio - one;
    store(objective + i, surrogate <= clipped ? surrogate : clipped);
    store(slope + i, surrogate <= clipped ? surrogate : none);
    store(divergence + i, off - log);
    store(outside + i, (off < none ? -off : off) > most ? one : none);
  }
}

/**
 * Of values now and before: error = value − return; loss = ½ max(error², (before + clip(value − before, ±clip) − return)²),
 * slope by the value: error, 0 where the other is larger. Unclipped where clip is ∞.
 */
void valueLoss(const float* values, const float* before, const float* returns, float* loss, float* slope, int n,
               float clip) {
  const Lanes none = {}, half = splat(0.5f), high = splat(clip), low = -high;
  const bool isClipped = clip < __builtin_inff();
  for (int i = 0; i < n; i += LANES) {
    const Lanes value = load(values + i), old = load(before + i), target = load(returns + i);
    const Lanes error = value - target;
    Lanes moved = value - old;
    moved = moved < low ? low : moved;
    moved = moved > high ? high : moved;
    const Lanes held = isClipped ? old + moved - target : none;
    const Lanes square = error * error, other = held * held;
    store(loss + i, half * (square >= other ? square : other));
    store(slope + i, square >= other ? error : none);
  }
}
