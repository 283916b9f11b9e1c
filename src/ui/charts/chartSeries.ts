/** What the run panel says of the series it knows: title, unit, and which belong in one chart. Unknown ones get their own. */
export type ChartLine = {
  readonly name: string
  readonly label: string
  /** Drawn as measured, also while others are smoothed: it has no noise, and smoothing would only shift it. */
  readonly exact?: boolean
}

export type ChartSpec = {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly series: readonly ChartLine[]
  /** Share of 0…1, drawn on a fixed scale. */
  readonly share?: boolean
}

const LOSS: ChartSpec = {
  id: 'loss',
  title: 'Loss',
  unit: 'nats per token',
  series: [
    { name: 'train/loss', label: 'train' },
    { name: 'heldout/loss', label: 'held-out', exact: true },
  ],
}

/** In RL it is what the optimizer minimises: near zero by construction, and no measure of progress. */
const SURROGATE: ChartSpec = {
  id: 'surrogate',
  title: 'Policy loss',
  unit: 'surrogate objective',
  series: [{ name: 'train/loss', label: 'loss' }],
}

const COMMON: readonly ChartSpec[] = [
  {
    id: 'reward',
    title: 'Reward',
    unit: 'mean of the batch',
    series: [
      { name: 'reward/total', label: 'reward' },
      { name: 'reward/std', label: 'spread' },
      { name: 'reward/group_std', label: 'within groups' },
    ],
  },
  {
    id: 'groups',
    title: 'Groups',
    unit: 'share of groups',
    share: true,
    series: [
      { name: 'groups/frac_mixed', label: 'mixed' },
      { name: 'groups/frac_all_good', label: 'all good' },
      { name: 'groups/frac_all_bad', label: 'all bad' },
    ],
  },
  { id: 'kl', title: 'KL to the start', unit: 'nats per token', series: [{ name: 'optim/kl_start', label: 'KL' }] },
  { id: 'entropy', title: 'Entropy', unit: 'nats per token', series: [{ name: 'optim/entropy', label: 'entropy' }] },
  {
    id: 'length',
    title: 'Answer length',
    unit: 'tokens',
    series: [
      { name: 'rollouts/tokens_mean', label: 'mean' },
      { name: 'rollouts/tokens_max', label: 'longest' },
    ],
  },
  {
    id: 'stops',
    title: 'How answers ended',
    unit: 'share of answers',
    share: true,
    series: [
      { name: 'rollouts/frac_stop', label: 'stopped' },
      { name: 'rollouts/frac_length', label: 'cut off' },
    ],
  },
  { id: 'lr', title: 'Learning rate', unit: '', series: [{ name: 'optim/lr', label: 'learning rate', exact: true }] },
  {
    id: 'speed',
    title: 'Throughput',
    unit: 'tokens per second',
    series: [{ name: 'train/tokens_per_second', label: 'tokens/s' }],
  },
  {
    id: 'tokens',
    title: 'Tokens per step',
    unit: 'tokens',
    series: [
      { name: 'train/tokens', label: 'read' },
      { name: 'train/trained_tokens', label: 'learned from' },
    ],
  },
  {
    id: 'drift',
    title: 'Sampler to trainer',
    unit: 'KL, nats per token',
    series: [
      { name: 'optim/kl_sample_train_v1', label: 'k1' },
      { name: 'optim/kl_sample_train_v2', label: 'k2' },
    ],
  },
  {
    id: 'skipped',
    title: 'Batches without signal',
    unit: '1 = no update',
    share: true,
    series: [{ name: 'optim/skipped', label: 'skipped', exact: true }],
  },
  {
    id: 'time',
    title: 'Time per step',
    unit: 'seconds',
    series: [
      { name: 'time/step', label: 'step' },
      { name: 'time/sampling', label: 'sampling' },
      { name: 'time/train', label: 'training' },
    ],
  },
]

/**
 * Charts for the series that exist, the ones to watch first.
 * @param rewards titles of the stage's graders by node id; each grader's own mean gets a line in one chart.
 */
export function chartsFor(
  names: readonly string[],
  rewards: { readonly [node: string]: string } = {},
): readonly ChartSpec[] {
  const present = new Set(names)
  const graders = Object.entries(rewards).map(([node, title]) => ({ name: `reward/${node}`, label: title }))
  // A single grader says what the total says already.
  const several: ChartSpec = { id: 'graders', title: 'Graders', unit: 'mean of each, before weights', series: graders }
  const specs = present.has('reward/total')
    ? [...COMMON.slice(0, 1), several, ...COMMON.slice(1), SURROGATE]
    : [LOSS, ...COMMON]
  const covered = new Set(specs.flatMap((spec) => spec.series.map((s) => s.name)))
  const known = specs
    .filter((spec) => spec !== several || graders.length > 1)
    .map((spec) => ({ ...spec, series: spec.series.filter((s) => present.has(s.name)) }))
    .filter((spec) => spec.series.length > 0)
  const others = names
    .filter((name) => !covered.has(name))
    .map((name) => ({ id: name, title: name, unit: '', series: [{ name, label: name }] }))
  return [...known, ...others]
}
