"""Bedrock through AWS's own library: signatures that are nobody's, Quotah's key in a header beside them."""

import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from lines import tell

MESSAGES = [{"role": "user", "content": [{"text": "Ünïcödé 😀"}]}]
NOVA = "us.amazon.nova-micro-v1:0"
TITAN = "amazon.titan-text-express-v1"
CLAUDE = "us.anthropic.claude-3-5-sonnet-20240620-v1:0"


def client(key, recording):
    bedrock = boto3.client(
        "bedrock-runtime",
        endpoint_url=os.environ["QUOTAH"],
        region_name="eu-west-1",
        aws_access_key_id="AKIAOFNOBODY",
        aws_secret_access_key="secret-of-nobody",
        config=Config(retries={"max_attempts": 1, "mode": "standard"}),
    )

    def beside(request, **_):
        request.headers["x-api-key"] = key
        request.headers["x-replay"] = recording

    bedrock.meta.events.register("before-sign.bedrock-runtime", beside)
    return bedrock


def ours(recording):
    return client(os.environ["KEY"], recording)


def usage_of(usage):
    cached, written = usage.get("cacheReadInputTokens", 0), usage.get("cacheWriteInputTokens", 0)
    return {"input": usage["inputTokens"] + cached + written, "output": usage["outputTokens"]}


def converse():
    answer = ours("bedrock/converse").converse(modelId=TITAN, messages=MESSAGES)
    text = answer["output"]["message"]["content"][0]["text"]
    tell("bedrock/converse", model=TITAN, text=text, usage=usage_of(answer["usage"]))


def converse_stream(recording, model):
    text, usage = "", None
    for event in ours(recording).converse_stream(modelId=model, messages=MESSAGES)["stream"]:
        text += event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
        usage = event["metadata"]["usage"] if "metadata" in event else usage
    tell(recording, model=model, text=text, usage=usage_of(usage))


def invoke():
    body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []})
    answer = ours("bedrock/invoke-tools").invoke_model(modelId=CLAUDE, body=body)
    answer = json.loads(answer["body"].read())
    usage = {"input": answer["usage"]["input_tokens"], "output": answer["usage"]["output_tokens"]}
    tell("bedrock/invoke-tools", model=CLAUDE, text=answer["content"][0]["text"], usage=usage)
    recording, text, output = "bedrock/invoke-stream-multibyte-utf8-5", "", 0
    stream = ours(recording).invoke_model_with_response_stream(modelId=CLAUDE, body=body)
    for event in stream["body"]:
        event = json.loads(event["chunk"]["bytes"])
        text += event.get("delta", {}).get("text", "")
        output = event.get("usage", {}).get("output_tokens", output)
    tell(recording, model=CLAUDE, text=text, usage={"output": output})


def error(call, action):
    try:
        action()
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        tell(call, error=f"{type(error).__name__} {error.response['Error']['Code']}", status=status)


converse()
converse_stream("bedrock/converse-stream", TITAN)
converse_stream("bedrock/converse-stream-multibyte-utf8-2", NOVA)
invoke()
missing = ours("bedrock/converse-400")
error("bedrock/converse-400", lambda: missing.converse(modelId="does-not-exist", messages=MESSAGES))
stranger = client("sk-nobody-knows-this-key", "bedrock/converse")
error("unknown key", lambda: stranger.converse(modelId=TITAN, messages=MESSAGES))
