/** The script of a shard worker in Node. */
import { nodeParentPort } from './nodeShards.ts'
import { serveShard } from './shardWorker.ts'

serveShard(nodeParentPort())
