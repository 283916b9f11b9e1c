/** The headers of a request: what the protocol wants, what a kind of server wants, and what the caller adds. */
import { JSON_TYPE } from '../wire/contentTypes.ts'

/** 32 hex digits. `crypto.randomUUID` is absent from pages served over plain HTTP by an address other than localhost. */
export function freshId(): string {
  let id = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += HEX[byte]
  return id
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A version 4 UUID. */
export function freshUuid(): string {
  const hex = freshId()
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** The pair that a Cloudflare Access application in front of a server asks for. */
export function cloudflareHeaders(access: {
  readonly clientId?: string | undefined
  readonly clientSecret?: string | undefined
}): Record<string, string> {
  return {
    ...(access.clientId ? { 'CF-Access-Client-Id': access.clientId } : {}),
    ...(access.clientSecret ? { 'CF-Access-Client-Secret': access.clientSecret } : {}),
  }
}

export type HeaderParts = {
  readonly accept?: string | undefined
  /** Type of the body, where there is one. */
  readonly contentType?: string | undefined
  readonly key: string | undefined
  /** What a server of the time before `client/config` routes by. */
  readonly routing: Readonly<Record<string, string>> | undefined
  /** Of the configuration, under those of the protocol. */
  readonly configured: Readonly<Record<string, string>>
  /** Of this request, above everything. */
  readonly own?: Readonly<Record<string, string>> | undefined
}

export function headersOf({ accept, contentType, key, routing, configured, own }: HeaderParts): Record<string, string> {
  const headers: Record<string, string> = { Accept: accept ?? JSON_TYPE, ...configured }
  if (contentType !== undefined) headers['Content-Type'] = contentType
  if (key !== undefined) headers['X-API-Key'] = key
  return { ...headers, ...routing, ...own }
}
