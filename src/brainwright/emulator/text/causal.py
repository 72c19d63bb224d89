"""Any causal language model of Hugging Face, from a folder on this machine, as the base of a text model.

The base stays as it is; low-rank adapters on each of its linear maps make the two roles (as of `base`).
Unlike there, the encoder is causal too: pretrained models do not all let go of their mask.
"""

import importlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from .base import Role
from .bytes import TextError

WEIGHTS = ("*.safetensors", "*.bin")


class CausalText(nn.Module):
    """Texts to latents and back, over a frozen causal model.

    Args:
        base: of `transformers`, with an embedding of its tokens.
        tokenizer: of the base.
        n_latent: latents of a text.
        n_tokens: of the longest text.
        rank, alpha: of the adapters.
        seed: of initial values.
    """

    def __init__(
        self,
        base: Any,
        tokenizer: Any,
        n_latent: int = 48,
        n_tokens: int = 64,
        rank: int = 8,
        alpha: float = 8.0,
        seed: int = 0,
    ):
        super().__init__()
        self.base, self.tokenizer, self.n_tokens = base.requires_grad_(False).eval(), tokenizer, n_tokens
        self.scale, self.role = alpha / rank, "encoder"
        width = base.get_input_embeddings().weight.shape[1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.score, self.to_latent = nn.Linear(width, 1), nn.Linear(width, n_latent, bias=False)
            self.from_latent = nn.Linear(n_latent, width)
            self.down, self.up = nn.ParameterDict(), nn.ParameterDict()
            for name, layer in base.named_modules():
                if layer is not base.get_output_embeddings() and (sizes := _sizes(layer)):
                    self._adapt(name.replace(".", "__"), layer, sizes, rank)

    @classmethod
    def load(cls, folder: str | Path, **options: Any) -> "CausalText":
        """The model and its tokenizer in a folder; nothing is fetched.

        Args:
            folder: as `save_pretrained` wrote it.
            options: of the class.

        Raises:
            TextError: a folder without weights, or without a causal model and its tokenizer.
            ImportError: transformers is not installed.
        """
        folder = Path(folder)
        if not any(path for kind in WEIGHTS for path in folder.glob(kind)):
            raise TextError(f"expected the weights of a model in {folder}, got none: give a folder with them")
        try:
            library: Any = importlib.import_module("transformers")
        except ImportError as error:
            raise ImportError(
                "language models need transformers; install it with: pip install 'brainwright[text]'"
            ) from error
        try:
            tokenizer = library.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            base = library.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            said = str(error).splitlines()[0]
            raise TextError(f"{folder}: expected a causal model and its tokenizer, got: {said}") from error
        return cls(base, tokenizer, **options)

    def tokens(self, texts: Sequence[str]) -> Int[Tensor, "text token"]:
        """The tokens of each text, then -1. Raises TextError: an empty text, or one that is too long."""
        rows = [self.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
        for text, row in zip(texts, rows, strict=True):
            if not 0 < len(row) <= self.n_tokens:
                raise TextError(f"expected 1 to {self.n_tokens} tokens, got {len(row)}: {text[:40]!r}")
        made = torch.full((len(rows), max(map(len, rows))), -1)
        for row, own in zip(made, rows, strict=True):
            row[: len(own)] = torch.tensor(own)
        return made

    def mean(self, tokens: Int[Tensor, "text token"]) -> Float[Tensor, "text latent"]:
        """The posterior's mean, pooled over the tokens of each text."""
        states = self._run("encoder", input_ids=tokens.clamp(min=0)).hidden_states[-1]
        weight = self.score(states)[..., 0].masked_fill(tokens < 0, -torch.inf).softmax(1)
        return self.to_latent((weight[:, None] @ states)[:, 0])

    def losses(
        self, tokens: Int[Tensor, "text token"], noise: Float[Tensor, "text latent"]
    ) -> tuple[Float[Tensor, " text"], Float[Tensor, " text"]]:
        """The pieces of the negative evidence bound in nats: of the tokens with the end, and |mu|^2 / 2."""
        mu = self.mean(tokens)
        wanted = pad(tokens, (0, 1), value=-1)
        wanted[torch.arange(len(tokens)), (tokens >= 0).sum(1)] = self.tokenizer.eos_token_id
        logits = self._logits(mu + noise, tokens)
        each = cross_entropy(logits.mT, wanted, ignore_index=-1, reduction="none")
        return each.sum(1), mu.square().sum(1) / 2

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Float[Tensor, "text latent"]:
        """The mean latents of texts."""
        return self.mean(self.tokens(texts))

    @torch.no_grad()
    def decode(self, latents: Float[Tensor, "text latent"]) -> list[str]:
        """The text that each row of latents says, the likeliest token at a time."""
        made = torch.zeros(len(latents), 0, dtype=torch.long)
        for _ in range(self.n_tokens):
            made = torch.cat([made, self._logits(latents, made)[:, -1:].argmax(-1)], dim=1)
            if (made == self.tokenizer.eos_token_id).any(1).all():
                break
        end = self.tokenizer.eos_token_id
        rows = [row[: row.index(end)] if end in row else row for row in made.tolist()]
        return [self.tokenizer.decode(row, skip_special_tokens=True) for row in rows]

    def _logits(self, latents: Tensor, tokens: Tensor) -> Tensor:
        embedded = self.base.get_input_embeddings()(tokens.clamp(min=0))
        shown = torch.cat([self.from_latent(latents)[:, None], embedded], dim=1)
        return self._run("decoder", inputs_embeds=shown).logits

    def _run(self, role: Role, **inputs: Tensor) -> Any:
        self.role = role
        return self.base(**inputs, output_hidden_states=True, use_cache=False)

    def _adapt(self, name: str, layer: nn.Module, sizes: tuple[int, int], rank: int) -> None:
        n_in, n_out = sizes
        for role in ("encoder", "decoder"):
            self.down[f"{name}__{role}"] = nn.Parameter(torch.randn(rank, n_in) / math.sqrt(n_in))
            self.up[f"{name}__{role}"] = nn.Parameter(torch.zeros(n_out, rank))

        def changed(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            key = f"{name}__{self.role}"
            return output + self.scale * inputs[0] @ self.down[key].mT @ self.up[key].mT

        layer.register_forward_hook(changed)


def _sizes(layer: nn.Module) -> tuple[int, int] | None:
    """Inputs and outputs of a linear map; None for other layers."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    if type(layer).__name__ == "Conv1D" and isinstance(layer.weight, Tensor):  # GPT-2's linear maps
        return layer.weight.shape[0], layer.weight.shape[1]
    return None
