// What `npm start` does: a real network on real clips, sized so that two cores end within minutes.
const COMMON = [
  ...[
    '--model',
    'models/mobilenet_v2_035_224_tm',
    '--data',
    'data/grid_command',
    '--task',
    'action-recognition',
  ],
  ...['--agent', 'reinforce', '--seed', '1'],
  // From scratch nothing converges in minutes: nobody would learn anything from it.
  ...['--baselines', 'linearProbe,fullFineTune,lpFt'],
]

/**
 * For the native engine: a full step takes about 0.1 s, one of the head from a cached prefix a hundredth of that. Many
 * steps of few clips: with half as many of twice the clips full fine-tuning is far from converged
 * (docs/results/main-job.md).
 */
export const NATIVE_PLAN = [
  ...COMMON,
  ...['--groups', '4', '--size', '48', '--frames', '6', '--batch-size', '8'],
  ...['--episodes', '8', '--budget-steps', '96'],
]

/** For wasm or cpu, some 40 times slower: fewer and smaller everything, the same path through the program. */
export const SLOW_PLAN = [
  ...COMMON,
  ...['--groups', '3', '--size', '48', '--frames', '4', '--batch-size', '8'],
  ...['--episodes', '8', '--budget-steps', '10'],
]
