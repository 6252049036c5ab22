"""What the openai library uploads and downloads as files, through OPENAI_BASE_URL and OPENAI_API_KEY alone."""

import asyncio
import hashlib
import io

import openai
from lines import tell

FILE = bytes(range(256)) * 6_000

client = openai.OpenAI(max_retries=0)


def sound():
    return ("talk.wav", io.BytesIO(FILE), "audio/wav")


def transcribe(model):
    return client.audio.transcriptions.create(model=model, file=sound(), language="en")


async def transcribe_async():
    async with openai.AsyncOpenAI(max_retries=0) as asynchronous:
        return await asynchronous.audio.transcriptions.create(model="ears", file=sound())


tell("file", sha256=hashlib.sha256(FILE).hexdigest(), bytes=len(FILE))
tell("transcription", text=transcribe("ears").text)
tell("transcription, asynchronously", text=asyncio.run(transcribe_async()).text)
tell("translation", text=client.audio.translations.create(model="ears", file=sound()).text)
tell("file upload", id=client.files.create(file=sound(), purpose="user_data").id)
tell("speech", bytes=len(client.audio.speech.create(model="tts-1", voice="alloy", input="Guten Tag").content))
