/** Media types of the wire and how a result's format is negotiated. */
export const JSON_TYPE = 'application/json'
export const PROTOBUF_TYPE = 'application/x-protobuf'

/** For results that exist in both forms: whichever the server prefers. SDKs 0.18 to 0.24 ask in the same words. */
export const EITHER_TYPE = `${PROTOBUF_TYPE}, ${JSON_TYPE}`

/** True for an `Accept` or `Content-Type` header that names the protobuf type. */
export function namesProtobuf(header: string | null | undefined): boolean {
  return header?.toLowerCase().includes(PROTOBUF_TYPE) ?? false
}
