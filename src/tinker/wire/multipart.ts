/** `multipart/form-data` bodies (RFC 7578) with names of nested members, as the official SDK writes both. */
export type FormValue = string | number | boolean | null | readonly FormValue[] | { readonly [name: string]: FormValue }

/** One file of a form; {@link fileBytes} reads what comes as a stream. */
export type FormFile = {
  readonly field: string
  readonly name: string
  readonly content: Uint8Array | Blob
  /** Default: that of the blob, else application/octet-stream. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The bytes of a file, whatever it comes as. In Node, `await openAsBlob(path)` of `node:fs` makes a blob of a path.
 * An array is passed on, not copied.
 */
export async function fileBytes(content: Uint8Array | Blob | ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return content instanceof Uint8Array ? content : new Uint8Array(await new Response(content).arrayBuffer())
}

/** Names and texts in order: `a[b]` for members of objects, `a[]` for items of lists; null is empty text. */
export function formEntries(fields: Readonly<Record<string, FormValue>>): [name: string, text: string][] {
  const entries: [string, string][] = []
  const add = (name: string, value: FormValue): void => {
    if (isList(value)) value.forEach((item) => add(`${name}[]`, item))
    else if (typeof value === 'object' && value !== null)
      for (const [member, inner] of Object.entries(value)) add(`${name}[${member}]`, inner)
    else entries.push([name, value === null ? '' : String(value)])
  }
  for (const [name, value] of Object.entries(fields)) add(name, value)
  return entries
}

function isList(value: FormValue): value is readonly FormValue[] {
  return Array.isArray(value)
}

/** The body as parts of a `Blob` or `Request`, without a copy of the files, and its `Content-Type`. */
export function encodeMultipart(
  fields: Readonly<Record<string, FormValue>>,
  files: readonly FormFile[],
  boundary: string = freshBoundary(),
): { readonly contentType: string; readonly body: Blob } {
  if (!/^[\w'()+,./:=?-]{1,70}$/.test(boundary)) throw new TypeError('a boundary has 1 to 70 letters of RFC 2046')
  const parts: (string | Blob | Uint8Array<ArrayBuffer>)[] = []
  for (const [name, text] of formEntries(fields))
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${text}\r\n`)
  for (const { field, name, content, type, headers = {} } of files) {
    const own = Object.entries(headers).map(([header, value]) => `${headerText(header)}: ${headerText(value)}\r\n`)
    const kind = type ?? ((content instanceof Blob && content.type) || 'application/octet-stream')
    parts.push(
      `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(field)}"; filename="${quoted(name)}"\r\n` +
        `Content-Type: ${headerText(kind)}\r\n${own.join('')}\r\n`,
      content instanceof Blob ? content : (content as Uint8Array<ArrayBuffer>),
      '\r\n',
    )
  }
  parts.push(`--${boundary}--\r\n`)
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: new Blob(parts) }
}

/** As browsers quote names: the three characters that would end the line or the quotation. */
function quoted(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '%0D%0A').replaceAll('"', '%22')
}

function headerText(text: string): string {
  if (/[\r\n]/.test(text)) throw new TypeError('a header of a form cannot hold line ends')
  return text
}

function freshBoundary(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}
