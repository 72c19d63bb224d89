"""Any causal language model of Hugging Face, from a folder on this machine, as the base of a text model.

The base stays as it is; low-rank adapters on each of its linear maps make the two roles (as of `base`), and
the latents stand before the first token and are added to each, as there. Unlike there, the encoder is causal
too: pretrained models do not all let go of their mask.
"""

import importlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from safetensors.torch import load, save
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

    filler = -1
    """Behind the tokens of a text."""

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
        self.sizes = n_latent, n_tokens, rank, alpha
        width = base.get_input_embeddings().weight.shape[1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.score, self.to_latent = nn.Linear(width, 1), nn.Linear(width, n_latent, bias=False)
            self.from_latent = nn.Linear(n_latent, width)
            self.blank = nn.Parameter(torch.zeros(width))
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
        check_weights(folder)
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
        """The tokens of each text, then `filler`. Raises TextError: an empty text, or one too long."""
        rows = [self.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
        for text, row in zip(texts, rows, strict=True):
            if not 0 < len(row) <= self.n_tokens:
                raise TextError(f"expected 1 to {self.n_tokens} tokens, got {len(row)}: {text[:40]!r}")
        made = torch.full((len(rows), max(map(len, rows))), self.filler)
        for row, own in zip(made, rows, strict=True):
            row[: len(own)] = torch.tensor(own)
        return made

    def mean(self, tokens: Int[Tensor, "text token"]) -> Float[Tensor, "text latent"]:
        """The posterior's mean, pooled over the tokens of each text."""
        states = self._run("encoder", input_ids=tokens.clamp(min=0)).hidden_states[-1]
        weight = self.score(states)[..., 0].masked_fill(tokens < 0, -torch.inf).softmax(1)
        return self.to_latent((weight[:, None] @ states)[:, 0])

    def losses(
        self,
        tokens: Int[Tensor, "text token"],
        noise: Float[Tensor, "text latent"],
        hidden: Bool[Tensor, "text token"] | None = None,
    ) -> tuple[Float[Tensor, " text"], Float[Tensor, " text"]]:
        """The pieces of the negative evidence bound in nats: of the tokens with the end, and |mu|^2 / 2;
        tokens that are `hidden` from the decoder are blanks to it.
        """
        mu = self.mean(tokens)
        wanted = pad(tokens, (0, 1), value=self.filler)
        wanted[torch.arange(len(tokens)), (tokens >= 0).sum(1)] = self.tokenizer.eos_token_id
        logits = self._logits(mu + noise, tokens, hidden)
        each = cross_entropy(logits.mT, wanted, ignore_index=self.filler, reduction="none")
        return each.sum(1), mu.square().sum(1) / 2

    @torch.no_grad()
    def encode(self, texts: Sequence[str], batch: int = 256) -> Float[Tensor, "text latent"]:
        """The mean latents of texts. Raises TextError: an empty text, or one that is too long."""
        return torch.cat([self.mean(part) for part in self.tokens(texts).split(batch)])

    def decode(self, latents: Float[Tensor, "text latent"], batch: int = 256) -> list[str]:
        """The text that each row of latents says, the likeliest token at a time."""
        return [text for part in latents.split(batch) for text in self._written(part)]

    def reconstruct(self, texts: Sequence[str]) -> list[str]:
        """Texts through their mean latents, no token of them shown to the decoder."""
        return self.decode(self.encode(texts))

    @torch.no_grad()
    def right_forced(self, latents: Float[Tensor, "text latent"], texts: Sequence[str]) -> list[float]:
        """Share of each text's words all of whose tokens are the likeliest, where the true ones before are
        shown; blanks between words belong to none.
        """
        rows, made = self.tokens(texts), []
        right = self._logits(latents, rows)[:, :-1].argmax(-1) == rows  # [text, token]
        for text, row, hit in zip(texts, rows.tolist(), right.tolist(), strict=True):
            words, shown = [True] * len(text.split()), ""
            for place in range(sum(token >= 0 for token in row)):
                before, shown = shown, self.tokenizer.decode(row[: place + 1])
                for word in _touched(before, shown):
                    words[word] &= hit[place]
            made.append(sum(words) / len(words))
        return made

    def learned(self) -> bytes:
        """All that is not of the base, as safetensors."""
        return save({name: part.contiguous() for name, part in self._own().items()})

    def with_learned(self, data: bytes) -> "CausalText":
        """The same base with what `learned` made. Raises TextError: of another base or other sizes."""
        own, given = self._own(), load(data)
        if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in given.items()}:
            raise TextError(
                "expected adapters of this base, got others: was the folder of the model changed?"
            )
        self.load_state_dict(given, strict=False)
        return self.eval()

    def _own(self) -> dict[str, Tensor]:
        return {name: part for name, part in self.state_dict().items() if not name.startswith("base.")}

    @torch.no_grad()
    def _written(self, latents: Tensor) -> list[str]:
        made = torch.zeros(len(latents), 0, dtype=torch.long)
        for _ in range(self.n_tokens):
            made = torch.cat([made, self._logits(latents, made)[:, -1:].argmax(-1)], dim=1)
            if (made == self.tokenizer.eos_token_id).any(1).all():
                break
        end = self.tokenizer.eos_token_id
        rows = [row[: row.index(end)] if end in row else row for row in made.tolist()]
        return [self.tokenizer.decode(row, skip_special_tokens=True) for row in rows]

    def _logits(self, latents: Tensor, tokens: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Of every place: the latents' own, then one behind each token. A state that only stood before the
        tokens would have to be found by attention, and words learned late would fade: see `base`.
        """
        embedded = self.base.get_input_embeddings()(tokens.clamp(min=0))
        if hidden is not None:
            embedded = torch.where(hidden[..., None], self.blank, embedded)
        state = self.from_latent(latents)[:, None]
        shown = torch.cat([state, state + embedded], dim=1)
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


def check_weights(folder: Path) -> None:
    """Raises TextError: a folder without weights, or none of that name."""
    if not any(path for kind in WEIGHTS for path in folder.glob(kind)):
        raise TextError(f"expected the weights of a model in {folder}, got none: give a folder with them")


def _sizes(layer: nn.Module) -> tuple[int, int] | None:
    """Inputs and outputs of a linear map; None for other layers."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    if type(layer).__name__ == "Conv1D" and isinstance(layer.weight, Tensor):  # GPT-2's linear maps
        return layer.weight.shape[0], layer.weight.shape[1]
    return None


def _touched(before: str, shown: str) -> range:
    """Numbers of the words to which a text's continuation adds letters."""
    more = shown[len(before) :]
    if not more.strip():
        return range(0)
    goes_on = bool(before) and not before[-1].isspace() and not more[0].isspace()
    return range(len(before.split()) - goes_on, len(shown.split()))
