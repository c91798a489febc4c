"""The language of the pages: their texts, their days and numbers. What the texts are about is decided elsewhere."""
