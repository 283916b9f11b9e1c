/** What of a checkpoint goes to a hub: a PEFT adapter that names its base model, and what patterns choose. */
import { HubError } from './failure.ts'

/** A copy in which `adapter_config.json` names the base model. @throws HubError `notAnAdapter` */
export function adapterFiles(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  baseModel: string | null,
): Map<string, Uint8Array<ArrayBuffer>> {
  const config = files.get('adapter_config.json')
  const weights = files.has('adapter_model.safetensors') || files.has('adapter_model.bin')
  if (!config || !weights) {
    throw notAnAdapter('adapter_config.json and adapter_model.safetensors are needed', files)
  }
  let read: unknown
  try {
    read = JSON.parse(new TextDecoder().decode(config))
  } catch {
    throw notAnAdapter('adapter_config.json is not JSON', files)
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read))
    throw notAnAdapter('adapter_config.json is no object', files)
  const copy = new Map(files)
  const named = read as Record<string, unknown>
  if (typeof named['base_model_name_or_path'] !== 'string' && baseModel !== null) {
    const whole = `${JSON.stringify({ ...named, base_model_name_or_path: baseModel }, null, 2)}\n`
    copy.set('adapter_config.json', new TextEncoder().encode(whole))
  }
  return copy
}

/** Marks that a checkpoint is whole on the server; of no use elsewhere. */
const NEVER = 'checkpoint_complete'

/** Without `allow`, all files but the server's own mark. */
export function chosen<T>(
  files: ReadonlyMap<string, T>,
  allow: readonly string[] | undefined,
  ignore: readonly string[] = [],
): Map<string, T> {
  const refuse = [...ignore, ...(allow === undefined ? [NEVER] : [])].map(pattern)
  const accept = allow?.map(pattern)
  return new Map(
    [...files].filter(([path]) => (accept?.some((p) => p.test(path)) ?? true) && !refuse.some((p) => p.test(path))),
  )
}

/** `*` for any text, `?` for one character; a pattern that ends with `/` means all below. */
function pattern(glob: string): RegExp {
  const whole = glob.endsWith('/') ? `${glob}*` : glob
  const source = whole
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'su')
}

function notAnAdapter(why: string, files: ReadonlyMap<string, unknown>): HubError {
  const there = [...files.keys()].slice(0, 8).join(', ') || 'nothing'
  const message = `These files are no adapter in the layout of PEFT: ${why}; there is ${there}.`
  return new HubError({ kind: 'notAnAdapter', phase: 'checking', message })
}
