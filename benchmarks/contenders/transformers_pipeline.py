"""What most people use: `transformers.pipeline`, batches of 32 in the order that the texts come in."""

from transformers import pipeline

from benchmarks.contenders.protocol import serve
from benchmarks.places import MODEL

if __name__ == "__main__":
    classify = pipeline("text-classification", model=str(MODEL), dtype="float32", device="cpu")
    serve(lambda texts: [row["label"] for row in classify(texts, batch_size=32, truncation=True)])
