"""Writes wire38.json: what the official SDK's own code (tinker 0.38.0) puts on the wire and reads from it.

    python3 -m venv venv && venv/bin/pip install tinker==0.38.0
    venv/bin/python tests/golden/makeWire.py > tests/golden/wire38.json

Requests are built as SDK objects from the JSON form printed beside the bytes and encoded by the SDK's converter; map
entries in key order (deterministic serialization). Results are protobuf messages, printed with what the SDK's decoder
makes of them. `canonical` marks results that hold nothing that a server may write in several ways.
"""

import base64
import json
import random
import struct

from tinker import types
from tinker._version import __version__
from tinker.proto import tinker_public_pb2 as pb
from tinker.proto.request_conv import forward_backward_request_to_proto
from tinker.proto.response_conv import deserialize_forward_backward_output, deserialize_sample_response
from tinker.types.forward_backward_input import ForwardBackwardInput
from tinker.types.forward_backward_request import ForwardBackwardRequest
from tinker.types.provenance_spans import PromptProvenanceSpan, SampledProvenanceSpan

rng = random.Random(38)


def tensor(data, dtype, shape=None, crow=None, col=None):
    out = {"data": data, "dtype": dtype, "shape": shape or [len(data)]}
    if crow is not None:
        out |= {"sparse_crow_indices": crow, "sparse_col_indices": col}
    return out


def text(*tokens):
    return {"type": "encoded_text", "tokens": list(tokens)}


def datum(chunks, inputs, **spans):
    return {"model_input": {"chunks": chunks}, "loss_fn_inputs": inputs, **spans}


def plain(*tokens):
    targets = [t + 1 for t in tokens]
    return datum([text(*tokens)], {"target_tokens": tensor(targets, "int64"), "weights": tensor([1.0] * len(tokens), "float32")})


def span(of, sequence_id, length, offset=0):
    return {"of": of, "sequence_id": sequence_id, "offset": offset, "length": length}


def request(name, data, loss_fn="cross_entropy", config=None, seq_id=1, model_id="s:train:0", forward_only=False):
    body = {"model_id": model_id, "forward_backward_input": {"data": data, "loss_fn": loss_fn}}
    if seq_id is not None:
        body["seq_id"] = seq_id
    if config is not None:
        body["forward_backward_input"]["loss_fn_config"] = config
    return {"name": name, "body": body, "forward_only": forward_only}


def image(payload, fmt, expected=None):
    out = {"type": "image", "data": base64.b64encode(payload).decode(), "format": fmt}
    return out if expected is None else out | {"expected_tokens": expected}


def random_request(i):
    def numbers(n):
        return [rng.choice([0, 1, -1, 2**31 - 1, -(2**31), 2**31, 2**53 + 1, -(2**63), 2**63 - 1, rng.randrange(200000)]) for _ in range(n)]

    def floats(n):
        exact = [struct.unpack("<f", struct.pack("<f", rng.uniform(-9, 9)))[0] for _ in range(n)]
        return [rng.choice([0.0, 1.0, v]) for v in exact]

    data = []
    for _ in range(rng.randrange(1, 4)):
        chunks = [text(*[rng.randrange(200000) for _ in range(rng.randrange(0, 6))]) for _ in range(rng.randrange(1, 3))]
        if rng.random() < 0.4:
            chunks.append(image(rng.randbytes(rng.randrange(0, 9)), rng.choice(["png", "jpeg"]), rng.choice([None, 0, 64])))
        if rng.random() < 0.2:
            chunks.append({"type": "dmel", "dmel": base64.b64encode(rng.randbytes(5)).decode()})
        rows, cols = rng.randrange(0, 4), rng.randrange(1, 4)
        inputs = {
            "target_tokens": tensor(numbers(rows * cols), "int64", [rows, cols]),
            "weights": tensor(floats(rows * cols), "float32", [rows, cols]),
        }
        if rng.random() < 0.5:
            inputs["ünïcode"] = tensor(floats(3), "float32")
        data.append(datum(chunks, inputs))
    config = rng.choice([None, {}, {"beta": 0.0}, {"clip_high_threshold": 1.2, "clip_low_threshold": 0.8}, {"mode": "token", "kl_coeff": 0.1}])
    return request(f"random {i}", data, rng.choice(["cross_entropy", "ppo", "gspo", "dro"]), config, rng.choice([None, 1, 127, 128, 2**31 - 1]), forward_only=rng.random() < 0.5)


def requests():
    pixels = bytes(range(200))
    yield request("one datum", [plain(1, 2, 3)])
    yield request("forward only", [plain(1)], forward_only=True)
    yield request("no sequence number", [plain(7)], seq_id=None)
    yield request("the largest sequence number", [plain(7)], seq_id=2**31 - 1)
    yield request("text outside ASCII in names", [plain(1)], model_id="modèle-名", loss_fn="custom")
    yield request("no data", [])
    yield request("an empty text chunk", [datum([text()], {})])
    yield request("numeric settings go into both maps", [plain(1)], "ppo", {"clip_low_threshold": 0.8, "clip_high_threshold": 1.2})
    yield request("settings of zero are written", [plain(1)], "dro", {"beta": 0.0})
    yield request("text settings exist in the newer map only", [plain(1)], "stable_reinforce", {"kl_coeff": 0.05, "mode": "sequence", "empty": ""})
    yield request("an empty set of settings", [plain(1)], "ppo", {})
    yield request("images and audio", [datum([text(1), image(pixels, "png", 64), image(b"\xff\xd8", "jpeg"), {"type": "dmel", "dmel": "BAIHUA=="}], {})])
    yield request("zero expected tokens are present", [datum([image(b"x", "png", 0)], {})])
    yield request("integers beyond 2^53", [datum([text(1, 2)], {"target_tokens": tensor([2**53 + 1, -(2**63)], "int64")})])
    yield request("an empty tensor", [datum([text()], {"weights": tensor([], "float32", [0])})])
    yield request("a tensor of three dimensions", [datum([text(1)], {"logprobs": tensor([0.5] * 12, "float32", [2, 3, 2])})])
    yield request("a sparse tensor", [datum([text(1, 2, 3)], {"weights": tensor([1.5, 2.5], "float32", [3, 4], [0, 1, 1, 2], [3, 0])})])
    yield request("a sparse tensor of nothing", [datum([text(1)], {"target_tokens": tensor([], "int64", [1, 9], [0, 0], [])})])
    yield request(
        "where tokens came from",
        [
            datum(
                [text(1, 2, 3, 4)],
                {"target_tokens": tensor([2, 3, 4, 5], "int64")},
                model_input_spans=[span("prompt", "q-0", 1), span("sampled", "q-0", 3, 1)],
                loss_fn_input_spans=[span("sampled", "q-0", 4)],
            )
        ],
        "stable_reinforce",
    )
    yield request("many tokens", [plain(*range(400))])
    for i in range(40):
        yield random_request(i)


def sdk_tensor(t):
    return types.TensorData(
        data=t["data"], dtype=t["dtype"], shape=t["shape"], sparse_crow_indices=t.get("sparse_crow_indices"), sparse_col_indices=t.get("sparse_col_indices")
    )


CHUNKS = {"encoded_text": types.EncodedTextChunk, "image": types.ImageChunk, "dmel": types.DmelChunk}


def sdk_datum(d):
    chunks = [CHUNKS[c["type"]](**c) for c in d["model_input"]["chunks"]]
    spans = {}
    for key in ("model_input_spans", "loss_fn_input_spans"):
        if key in d:
            kinds = {"prompt": PromptProvenanceSpan, "sampled": SampledProvenanceSpan}
            spans[key] = [kinds[s["of"]](sequence_id=s["sequence_id"], offset=s["offset"], length=s["length"]) for s in d[key]]
    inputs = {k: sdk_tensor(t) for k, t in d["loss_fn_inputs"].items()}
    return types.Datum(model_input=types.ModelInput(chunks=chunks), loss_fn_inputs=inputs, **spans)


def encoded(case):
    body, given = case["body"], case["body"]["forward_backward_input"]
    call = ForwardBackwardInput(data=[sdk_datum(d) for d in given["data"]], loss_fn=given["loss_fn"], loss_fn_config=given.get("loss_fn_config"))
    message = forward_backward_request_to_proto(ForwardBackwardRequest(model_id=body["model_id"], seq_id=body.get("seq_id"), forward_backward_input=call))
    message.forward_only = case["forward_only"]
    return {**case, "hex": message.SerializeToString(deterministic=True).hex()}


def f32(*values):
    return struct.pack(f"<{len(values)}f", *values)


def i32(*values):
    return struct.pack(f"<{len(values)}i", *values)


def i64(*values):
    return struct.pack(f"<{len(values)}q", *values)


def dense(data, dtype, *shape):
    return pb.Tensor(dense=data, dtype=dtype, shape=shape)


def samples():
    def sequence(tokens, logprobs=None, reason=pb.STOP_REASON_STOP, **more):
        given = {} if logprobs is None else {"logprobs": f32(*logprobs)}
        return pb.SampledSequence(stop_reason=reason, tokens=i32(*tokens), **given, **more)

    def topk(rows, k):
        cells = [cell for row in rows for cell in (row + [(0, -99999.0)] * (k - len(row)))]
        return pb.TopkLogprobs(token_ids=i32(*[c[0] for c in cells]), logprobs=f32(*[c[1] for c in cells]), k=k, length=len(rows))

    yield "two sequences", True, pb.SampleResponse(sequences=[sequence([5, 6], [-0.5, -1.0], pb.STOP_REASON_LENGTH), sequence([7], [-2.0])])
    yield "no logprobs", True, pb.SampleResponse(sequences=[sequence([5])])
    yield "nothing sampled", True, pb.SampleResponse(sequences=[sequence([])])
    yield "no sequences", True, pb.SampleResponse()
    yield "prompt logprobs", True, pb.SampleResponse(sequences=[sequence([1], [-1.0])], prompt_logprobs=f32(float("nan"), -0.25), prompt_cache_hit_tokens=300)
    yield "top-k of the prompt", True, pb.SampleResponse(
        sequences=[sequence([1])], topk_prompt_logprobs=topk([[], [(11, -0.5), (12, -1.5)], [(13, -0.75)]], 2)
    )
    yield "top-k of the sampled tokens", True, pb.SampleResponse(
        sequences=[sequence([1, 2], [-0.5, -0.5], topk_sampled_logprobs=topk([[(1, -0.5), (9, -2.0)], [(2, -0.5), (3, -4.0)]], 2))]
    )
    yield "logprobs of named targets", True, pb.SampleResponse(
        sequences=[sequence([1])], target_prompt_logprobs=dense(f32(-1.0, 0.0, -2.0, -3.0), pb.DTYPE_FLOAT32, 2, 2)
    )
    yield "sparse logprobs of named targets", True, pb.SampleResponse(
        sequences=[sequence([1])],
        target_prompt_logprobs=pb.Tensor(
            sparse_csr=pb.SparseCsr(values=f32(-1.5), crow_indices=i64(0, 0, 1), col_indices=i64(4)), dtype=pb.DTYPE_FLOAT32, shape=[2, 9]
        ),
    )
    yield "alternative tokens of the prompt", True, pb.SampleResponse(
        sequences=[sequence([1])],
        prompt_alt_tokens=pb.PromptAltTokens(tokens=dense(i64(4, 5), pb.DTYPE_INT64, 1, 2), logprobs=dense(f32(-0.5, -1.0), pb.DTYPE_FLOAT32, 1, 2)),
    )
    yield "alternative tokens in narrow types", False, pb.SampleResponse(
        prompt_alt_tokens=pb.PromptAltTokens(tokens=dense(i32(4, 5), pb.DTYPE_INT32, 2, 1), logprobs=dense(f32(-0.5, -1.0), pb.DTYPE_FLOAT32, 2, 1))
    )


def outputs():
    def batched(data, dtype, offsets, *trailing):
        return pb.BatchedTensor(data=data, dtype=dtype, offsets=i64(*offsets), trailing_shape=trailing)

    def record(fields, count):
        return pb.ArrayRecord(fields=fields, num_datums=count)

    logprobs = batched(f32(-1.0, -2.0, -3.0), pb.DTYPE_FLOAT32, [0, 8, 12])
    yield "two datums", True, pb.ForwardBackwardOutput(loss_fn_output_type="TorchLossReturn", loss_fn_outputs=[record({"logprobs": logprobs}, 2)], metrics={"loss:sum": 1.5})
    yield "nothing at all", False, pb.ForwardBackwardOutput()
    yield "metrics alone", False, pb.ForwardBackwardOutput(metrics={"loss:sum": 0.0, "a:mean": -1.0})
    yield "two fields, one of integers", True, pb.ForwardBackwardOutput(
        loss_fn_output_type="ArrayRecord",
        loss_fn_outputs=[record({"a": batched(i64(1, 2**53 + 1), pb.DTYPE_INT64, [0, 8, 16]), "b": batched(f32(0.5, 1.5), pb.DTYPE_FLOAT32, [0, 4, 8])}, 2)],
    )
    yield "a trailing shape", True, pb.ForwardBackwardOutput(
        loss_fn_output_type="X", loss_fn_outputs=[record({"logprobs": batched(f32(1, 2, 3, 4, 5, 6), pb.DTYPE_FLOAT32, [0, 16, 24], 2)}, 2)]
    )
    yield "records of different shapes", True, pb.ForwardBackwardOutput(
        loss_fn_output_type="X",
        loss_fn_outputs=[
            record({"logprobs": batched(f32(1, 2), pb.DTYPE_FLOAT32, [0, 8], 2)}, 1),
            record({"logprobs": batched(f32(1, 2, 3), pb.DTYPE_FLOAT32, [0, 12], 3)}, 1),
        ],
    )
    yield "bfloat16 and int32 are widened", False, pb.ForwardBackwardOutput(
        loss_fn_output_type="m:X",
        loss_fn_outputs=[record({"h": batched(bytes([0x80, 0x3F, 0x00, 0xC0]), pb.DTYPE_BFLOAT16, [0, 4]), "n": batched(i32(-7), pb.DTYPE_INT32, [0, 4])}, 1)],
    )
    yield "datums without fields", True, pb.ForwardBackwardOutput(loss_fn_output_type="X", loss_fn_outputs=[record({}, 3)])


def listed(t):
    if t is None:
        return None
    out = {"data": list(t.data), "dtype": t.dtype, "shape": list(t.shape)}
    if t.sparse_crow_indices is not None:
        out |= {"sparse_crow_indices": list(t.sparse_crow_indices), "sparse_col_indices": list(t.sparse_col_indices)}
    return out


def read_sample(message):
    r = deserialize_sample_response(message)
    alternatives = r.prompt_alt_tokens
    return {
        "sequences": [{"stop_reason": s.stop_reason, "tokens": s.tokens, "logprobs": s.logprobs, "topk_sampled_logprobs": s.topk_logprobs} for s in r.sequences],
        "prompt_logprobs": r.prompt_logprobs,
        "topk_prompt_logprobs": r.topk_prompt_logprobs,
        "target_prompt_logprobs": listed(r.target_prompt_logprobs),
        "prompt_alt_tokens": alternatives and {"tokens": listed(alternatives.tokens), "logprobs": listed(alternatives.logprobs)},
        "prompt_cache_hit_tokens": r.prompt_cache_hit_tokens,
    }


def read_output(message):
    r = deserialize_forward_backward_output(message)
    return {
        "loss_fn_output_type": r.loss_fn_output_type,
        "loss_fn_outputs": [{k: listed(t) for k, t in o.items()} for o in r.loss_fn_outputs],
        "metrics": r.metrics,
    }


def results(cases, read):
    for name, canonical, message in cases:
        data = message.SerializeToString(deterministic=True)
        yield {"name": name, "canonical": canonical, "hex": data.hex(), "read": read(data)}


def section(name, cases):
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    return f"{json.dumps(name)}: [\n{lines}\n]"


sections = [
    section("requests", [encoded(case) for case in requests()]),
    section("samples", results(samples(), read_sample)),
    section("outputs", results(outputs(), read_output)),
]
print("{" + f'"sdk": {json.dumps(__version__)},\n' + ",\n".join(sections) + "\n}")
