/** `tunegraph/tinker`: the client of a Tinker server, for pages, workers and Node. */
export * from '../src/tinker/index.ts'
