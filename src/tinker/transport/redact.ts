/** Keeps credentials out of everything that is shown, logged or reported. */
import { SECRET_HEADERS } from './secretHeaders.ts'

/** Keys of the hosted service, tokens, and what follows a bearer mark. */
const SECRET_SHAPES = /\b(tml-[\w-]{4,}|eyJ[\w-]+\.[\w-]+\.[\w-]*|hf_\w{8,})|(?<=\bBearer )[^\s"',;]+/g

/** Text without the given secrets and without anything that looks like one. */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[] = []): string {
  let clean = text
  for (const secret of secrets) if (secret !== undefined && secret.length > 3) clean = clean.replaceAll(secret, '…')
  return clean.replace(SECRET_SHAPES, '…')
}

/** Plain data without secrets, at any depth: members named like a credential lose their value. */
export function dataWithoutSecrets(value: unknown, secrets: readonly (string | undefined)[] = []): unknown {
  if (typeof value === 'string') return withoutSecrets(value, secrets)
  if (Array.isArray(value)) return value.map((item) => dataWithoutSecrets(item, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_HEADERS.test(name) || /^(api_?key|token|jwt|secret|password)$/i.test(name)
        ? '…'
        : dataWithoutSecrets(inner, secrets),
    ]),
  )
}
