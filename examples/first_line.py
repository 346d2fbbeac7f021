"""An engine of one's own: whatever turns messages into text. This one knows just one thing."""

import json

from extractor import Completion, Request, Usage


class FirstLine:
    """Takes the first line of the document for its title."""

    id = "mine:first-line"
    modes = ("prompt",)

    async def generate(self, request: Request) -> Completion:
        """Answer one request; the document is the second message, between <text> tags."""
        first = request.messages[1].content.splitlines()[1]
        return Completion(json.dumps({"title": first}), "stop", Usage(output_tokens=1))
