/** The engine of the embedded backend: trains and samples LoRA adapters over a small Qwen3 decoder. */
export { EngineError } from './errors.ts'
export type { EngineErrorKind } from './errors.ts'
export { loadEngine } from './loadEngine.ts'
export { lossNames } from './losses.ts'
export { readSafetensors, writeSafetensors } from './safetensors.ts'
export type { Tensor } from './safetensors.ts'
export { joinWeights, weightFiles, WEIGHT_INDEX } from './splitWeights.ts'
export { serveShard } from './shardWorker.ts'
export { webShardPort } from './shardPort.ts'
export type { ShardPort, SpawnWorker } from './shardPort.ts'
export type {
  AdamParams,
  AdapterId,
  AdapterState,
  AdapterTensor,
  BatchResult,
  Datum,
  Engine,
  EngineInfo,
  EngineOptions,
  LoraShape,
  LossConfig,
  LossName,
  ModelFiles,
  OptimResult,
  SampleParams,
  SampledSequence,
} from './engineApi.ts'
