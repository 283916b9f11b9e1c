/** What the run panel says of the series it knows: title, unit, and which belong in one chart. Unknown ones get their own. */
export type ChartSpec = {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly series: readonly { readonly name: string; readonly label: string }[]
  /** Share of 0…1, drawn on a fixed scale. */
  readonly share?: boolean
}

const KNOWN: readonly ChartSpec[] = [
  {
    id: 'loss',
    title: 'Loss',
    unit: 'nats per token',
    series: [
      { name: 'train/loss', label: 'train' },
      { name: 'heldout/loss', label: 'held-out' },
    ],
  },
  {
    id: 'reward',
    title: 'Reward',
    unit: 'mean of the batch',
    series: [
      { name: 'reward/total', label: 'reward' },
      { name: 'reward/std', label: 'spread' },
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
  { id: 'lr', title: 'Learning rate', unit: '', series: [{ name: 'optim/lr', label: 'learning rate' }] },
  {
    id: 'speed',
    title: 'Throughput',
    unit: 'tokens per second',
    series: [{ name: 'train/tokens_per_second', label: 'tokens/s' }],
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

/** Charts for the series that exist, the important ones first. */
export function chartsFor(names: readonly string[]): readonly ChartSpec[] {
  const present = new Set(names)
  const known = KNOWN.map((spec) => ({ ...spec, series: spec.series.filter((s) => present.has(s.name)) })).filter(
    (spec) => spec.series.length > 0,
  )
  const covered = new Set(KNOWN.flatMap((spec) => spec.series.map((s) => s.name)))
  const others = names
    .filter((name) => !covered.has(name))
    .map((name) => ({ id: name, title: name, unit: '', series: [{ name, label: name }] }))
  return [...known, ...others]
}
