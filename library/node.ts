/** `tunegraph/tinker/node`: what needs Node: credentials of the official client, folders for archives and tokenizers. */
export { configForNode, credentialFromCommand, credentialsPath, storedKey } from '../src/tinker/node/credentials.ts'
export { folderSink } from '../src/tinker/archives/node.ts'
export { folderStore, hubFromEnvironment } from '../src/tokenizers/node.ts'
