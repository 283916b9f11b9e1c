/** One data-parallel worker of the embedded backend's engine. */
import { serveShard, webShardPort } from '#src/backend/index.ts'

serveShard(webShardPort(self))
