/** Entry of an engine worker in Node: one shard of the embedded backend's engine. */
import { nodeParentPort } from '#src/backend/engine/nodeShards.ts'
import { serveShard } from '#src/backend/index.ts'

serveShard(nodeParentPort())
