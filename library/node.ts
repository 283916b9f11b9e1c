/** `tunegraph/tinker/node`: what needs Node: credentials of the official client, proxies, folders for archives and tokenizers. */
export { configForNode, credentialFromCommand, credentialsPath, storedKey } from '../src/tinker/node/credentials.ts'
export { proxyFetch, proxyFromEnvironment } from '../src/tinker/node/proxy.ts'
export type { ProxyOptions } from '../src/tinker/node/proxy.ts'
export { folderSink } from '../src/tinker/archives/node.ts'
export { folderStore, hubForNode, hubFromEnvironment, hubTokenPath } from '../src/tokenizers/node.ts'
