"""Who gets the next document: the posts of a cluster, and the places at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from extractor.cluster.job import Opened
from extractor.cluster.link import Node


@dataclass(slots=True, eq=False)
class Post:
    """A worker on a node; it can be asked once it has `opened`."""

    node: Node
    worker: Any
    opened: Opened | None = None
    under_way: int = 0

    @property
    def slots(self) -> int:
        """Documents at once."""
        return self.opened.slots if self.opened else 0


@dataclass(slots=True)
class Pool:
    """The posts by their node; one of them may be kept free for a document that has to be alone."""

    posts: dict[str, Post] = field(default_factory=dict)
    _kept: Post | None = None

    @property
    def slots(self) -> int:
        """Documents at once over all workers."""
        return sum(post.slots for post in self.posts.values())

    @property
    def has_open(self) -> bool:
        """Whether any worker can be asked."""
        return any(post.opened for post in self.posts.values())

    def take(self) -> Post | None:
        """A place at the worker that has most of them free; None where all are taken."""
        posts = (post for post in self.posts.values() if post is not self._kept and post.under_way < post.slots)
        post = min(posts, key=lambda post: post.under_way / post.slots, default=None)
        if post:
            post.under_way += 1
        return post

    def take_alone(self) -> Post | None:
        """All places of a worker, which gets no more documents until it has none; None as long as it has some.

        Only one document at a time may ask for that.
        """
        if self._kept not in self.posts.values():
            opened = (post for post in self.posts.values() if post.opened)
            self._kept = min(opened, key=lambda post: post.under_way, default=None)
        if self._kept is None or self._kept.under_way:
            return None
        self._kept.under_way += 1
        return self._kept

    def give_back(self, post: Post) -> None:
        """A place is free again."""
        post.under_way -= 1

    def open_to_all(self) -> None:
        """No document has to be alone any more."""
        self._kept = None
