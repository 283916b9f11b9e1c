/** The JSON body of a sampling request: of all JSON forms of large things the one that every client needs. */
import { encodeModelInputJson } from './modelInput.ts'
import { encodeTensorJson } from './tensorData.ts'
import type { SampleCall, SamplingParams } from './sample.ts'

/** The body of `POST asample`. */
export function encodeSampleJson(call: SampleCall): Record<string, unknown> {
  return {
    num_samples: call.numSamples,
    prompt: encodeModelInputJson(call.prompt),
    sampling_params: encodeParams(call.params),
    base_model: call.baseModel,
    model_path: call.modelPath,
    sampling_session_id: call.samplingSessionId,
    seq_id: call.seqId,
    prompt_logprobs: call.promptLogprobs,
    topk_prompt_logprobs: call.topkPromptLogprobs,
    topk_sample_logprobs: call.topkSampleLogprobs,
    target_prompt_logprobs: call.targetPromptLogprobs && encodeTensorJson(call.targetPromptLogprobs),
    prompt_alt_tokens_k: call.promptAltTokensK,
    prompt_logprobs_last_n: call.promptLogprobsLastN,
    record_stability_info: call.recordStabilityInfo,
    type: 'sample',
  }
}

function encodeParams(params: SamplingParams): Record<string, unknown> {
  return {
    max_tokens: params.maxTokens,
    seed: params.seed,
    stop: params.stop,
    temperature: params.temperature ?? 1,
    top_k: params.topK ?? -1,
    top_p: params.topP ?? 1,
  }
}
