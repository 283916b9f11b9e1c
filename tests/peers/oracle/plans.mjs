/** What the recorder changes for a scenario: flags that the server announces, and requests that it answers itself. */

const pending = { type: 'try_again', request_id: 'pending', queue_state: 'paused_capacity', queue_state_reason: 'busy' }

export const PLANS = {
  chunks_by_count: { flags: { fwdbwd_max_chunk_len: 3, parallel_fwdbwd_chunks: true } },
  chunks_by_size: { flags: { fwdbwd_max_chunk_bytes_count: 250, parallel_fwdbwd_chunks: true } },
  chunks_one_after_another: { flags: { fwdbwd_max_chunk_len: 3, parallel_fwdbwd_chunks: false } },
  chunks_only_forward: { flags: { fwdbwd_max_chunk_len: 4, parallel_fwdbwd_chunks: true } },
  compressed_body: { flags: { proto_compress_fwdbwd: true } },
  config_503_first: first('client/config', 503),
  session_503_first: first('create_session', 503),
  model_503_first: first('create_model', 503),
  forward_backward_503_first: first('forward_backward', 503),
  forward_backward_429_first: first('forward_backward', 429),
  forward_backward_408_first: first('forward_backward', 408),
  step_500_first: first('optim_step', 500),
  step_409_first: first('optim_step', 409),
  poll_408_first: first('retrieve_future', 408, { times: 2 }),
  poll_503_first: first('retrieve_future', 503),
  poll_429_first: first('retrieve_future', 429),
  poll_try_again_first: first('retrieve_future', 200, { body: pending }),
  sample_429_first: first('asample', 429),
  sample_503_first: first('asample', 503),
  sample_result_gone_first: first('retrieve_future', 410),
  sampler_503_first: first('create_sampling_session', 503),
  list_503_first: first('training_runs', 503),
  list_429_first: first('training_runs', 429),
}

function first(path, status, more = {}) {
  return { faults: [{ path: `/${path}`, status, ...more }] }
}
