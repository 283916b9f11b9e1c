/** Diagnostics of node kinds. KD20xx params of any kind, KD21xx model, KD22xx dataset, KD23xx checkpoint, KD24xx training, KD25xx RL and rewards, KD26xx evaluation, KD27xx sweeps, gates, choices and groups. */
import type { Json } from '#src/base/canonicalJson.ts'
import { diagnoser } from '#src/base/diagnostic.ts'
import type { Fix } from '#src/base/diagnostic.ts'
import { shown } from '#src/kinds/refusal.ts'

export const kindCodes = {
  KD2001: { severity: 'error', title: 'Value refused', help: 'params' },
  KD2002: { severity: 'error', title: 'Values do not fit together', help: 'params' },
  KD2101: { severity: 'info', title: 'Waiting for the list of models', help: 'model' },
  KD2102: { severity: 'error', title: 'Model not offered', help: 'model' },
  KD2103: { severity: 'warning', title: 'MLP layers not trained', help: 'model' },
  KD2104: { severity: 'warning', title: 'Other renderer than the model’s own', help: 'model' },
  KD2201: { severity: 'error', title: 'Columns not understood', help: 'dataset' },
  KD2202: { severity: 'warning', title: 'Rows skipped', help: 'dataset' },
  KD2203: { severity: 'error', title: 'No usable row', help: 'dataset' },
  KD2204: { severity: 'error', title: 'Nothing left to train on', help: 'dataset' },
  KD2301: { severity: 'error', title: 'Nothing to save', help: 'checkpoint' },
  KD2302: { severity: 'info', title: 'Saved before it is decided', help: 'checkpoint' },
  KD2401: { severity: 'warning', title: 'No optimizer to continue', help: 'training' },
  KD2402: { severity: 'warning', title: 'Optimizer of another stage', help: 'training' },
  KD2403: { severity: 'warning', title: 'Long warm-up', help: 'training' },
  KD2501: { severity: 'warning', title: 'Small groups', help: 'rl' },
  KD2502: { severity: 'warning', title: 'Sampling differs from the policy', help: 'rl' },
  KD2503: { severity: 'warning', title: 'Strong KL penalty', help: 'rl' },
  KD2504: { severity: 'warning', title: 'Unclipped off-policy steps', help: 'rl' },
  KD2505: { severity: 'warning', title: 'Reward without correctness', help: 'rewards' },
  KD2506: { severity: 'warning', title: 'Reward wired twice', help: 'rewards' },
  KD2507: { severity: 'error', title: 'Rewards weigh nothing', help: 'rewards' },
  KD2601: { severity: 'error', title: 'Policies of different formats', help: 'evaluate' },
  KD2602: { severity: 'warning', title: 'Equal samples', help: 'evaluate' },
  KD2701: { severity: 'error', title: 'Sweep not understood', help: 'sweep' },
  KD2702: { severity: 'error', title: 'Gate without a score', help: 'gate' },
  KD2704: { severity: 'error', title: 'Group not understood', help: 'group' },
  KD2703: { severity: 'error', title: 'Choice between base models', help: 'best-of' },
} as const

export const kindDiagnostic = diagnoser(kindCodes)

/** The fix that sets one param, in words for a button. */
export function settingFix(node: string, field: string, value: Json): Fix {
  const words = typeof value === 'string' ? `“${value}”` : shown(value)
  const title = typeof value === 'boolean' ? (value ? 'Turn on' : 'Turn off') : `Use ${words}`
  return { title, command: 'node.setParams', args: { node, field, value } }
}
