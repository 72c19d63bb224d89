"""`AnySubset`: fitted once, asked for any of its variables from any others."""

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from . import routes
from .diffusion import Denoiser, lower_bound, reverse
from .families import TRAINED, Family
from .heads import Heads
from .networks import MLP, Blankets, Make, Settling, Transformer
from .training import Plan, teach
from .variables import AnySubsetError, Kind, Variables

NETWORKS: dict[str, Make] = {
    "mlp": MLP,
    "transformer": Transformer,
    "settling": Settling,
    "blankets": Blankets,
    "diffusion": Denoiser,
}
RATES = {"mlp": 4e-3, "transformer": 2e-3, "settling": 5e-3, "blankets": 1e-2, "diffusion": 4e-3}
"""Learning rates: 5e-3 halves the gap of a settling network after 1,500 updates against 2e-3; one
layer of weights can take more.
"""
ROUTES = ("amortised", "chained", "sampled", "diffused")
SWEEPS = 60
"""Of a Gibbs chain: with 12 spins the error no longer falls."""
CHAINS = 50
"""Per row, where a probability is estimated from Gibbs chains: each gives the mean over its sweeps."""


@dataclass(frozen=True, eq=False)
class LogProb:
    """Log probabilities, and what they are.

    Attributes:
        value: nats [row]; densities in the variables' own units.
        kind: "exact" for the model's own joint probability along the order that was drawn; "bound" for a mean
            over orders, which lies below the log of the mean over the same orders, and for paths of reverse
            diffusion, whose expectation lies below what the model draws with; "estimate" where draws or an
            assumption (that variables asked for are independent) stand in.
    """

    value: np.ndarray
    kind: Literal["exact", "bound", "estimate"]


@dataclass(frozen=True, eq=False)
class AnySubset:
    """One network that gives any of its variables from any others (masked any-order models; Strauss & Oliva
    2021, arXiv:2102.04426; Gloeckler et al. 2024, arXiv:2404.09636).

    Routes: "amortised" (one pass, every variable asked for alone), "chained" (one after another, any order),
    "sampled" (Gibbs over all that is not given) and, with `network="diffusion"`, "diffused" (reverse
    diffusion of all that is asked together).

    Attributes:
        variables: what the columns are.
        heads: what the network's parameters mean.
        network: (values, given) → parameters.
        losses: of every update of the fit, nats per variable asked.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(500, 3))
        >>> rows[:, 2] = rows[:, 0] + rows[:, 1]
        >>> model = AnySubset.fit(rows, updates=50)
        >>> model.sample(observed={0: 1.0}, query=[1, 2], n=5).shape
        (5, 2)
        >>> model.log_prob(query={2: 0.3}, given={0: 0.1, 1: 0.2}).kind
        'exact'
    """

    variables: Variables
    heads: Heads
    network: nn.Module
    losses: np.ndarray

    def __repr__(self) -> str:
        names, last = ", ".join(self.variables.names[:6]), float(self.losses[-1]) if len(self.losses) else 0.0
        more = ", ..." if len(self.variables) > 6 else ""
        return f"AnySubset({len(self.variables)} variables: {names}{more}; last loss {last:.3f} nats)"

    @staticmethod
    def fit(
        table: "pd.DataFrame | np.ndarray",
        *,
        network: str | Make = "mlp",
        kinds: Mapping[Any, Kind] | None = None,
        components: int | None = None,
        families: Mapping[str, Family] | None = None,
        updates: int = 1500,
        batch: int = 256,
        learning_rate: float | None = None,
        seed: int = 0,
    ) -> "AnySubset":
        """It fits a network to a table [row, variable] with NaN where missing.

        Args:
            table: DataFrame or array.
            network: "mlp", "transformer", "settling", "blankets", "diffusion", or a function of `Heads` that
                makes a module (such as `partial(Settling, graph=adjacency)`).
            kinds: see `Variables.of`.
            components: of the mixtures of continuous variables; 3, or 1 for a settling network.
            families: of masks it is taught; `TRAINED` where None.
            updates, batch, learning_rate: see `Plan`; the rate of `RATES` where None.
            seed: of initial weights, rows and masks.

        Raises:
            AnySubsetError: a table with fewer than two variables, or as `Variables.of` says; an unknown
                network.
        """
        variables = Variables.of(table, kinds)
        if len(variables) < 2:
            raise AnySubsetError("expected two variables or more: one has nothing to be inferred from")
        if isinstance(network, str) and network not in NETWORKS:
            raise AnySubsetError(f"network: expected one of {', '.join(NETWORKS)}, got {network!r}")
        make = NETWORKS[network] if isinstance(network, str) else network
        heads = Heads(variables, components or (1 if network == "settling" else 3))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = make(heads)
        usual = RATES.get(network, RATES["mlp"]) if isinstance(network, str) else RATES["mlp"]
        plan = Plan(updates, batch, learning_rate or usual, seed)
        losses = teach(module, heads, variables.encode(table), families or TRAINED, plan)
        if not bool(losses.isfinite().all()):
            raise AnySubsetError("the fit diverged: try a smaller learning_rate")
        return AnySubset(variables, heads, module.eval(), losses.numpy())

    # ---- asking --------------------------------------------------------------------------------------------

    def sample(
        self,
        observed: Mapping[Any, Any] | None = None,
        query: Sequence[Any] | None = None,
        n: int = 100,
        *,
        route: str = "chained",
        sweeps: int = SWEEPS,
        seed: int = 0,
    ) -> "pd.DataFrame | np.ndarray":
        """It draws `n` times what is asked, given what is observed.

        Args:
            observed: variable → value; NaN is not observed.
            query: variables asked for, all others where None.
            n: draws.
            route: "amortised" draws them independently of one another.
            sweeps: of the route "sampled", or steps of "diffused".
            seed: of the draws.

        Returns: [n, query] in the order of the query, as a DataFrame where the fit had names.

        Raises:
            AnySubsetError: unknown variables or levels, a query that overlaps what is observed, nothing
                asked.
        """
        values, given = self._row(observed or {})
        query = [query] if isinstance(query, str) else query  # one name, not its letters
        asked = self._asked(query, given)
        self._check_route(route)
        if n < 1:
            raise AnySubsetError(f"expected at least one draw, got n={n}")
        drawn = self.draw(values.repeat(n, 1), given.repeat(n, 1), route, sweeps, seed, asked.repeat(n, 1))
        places = _places(self, query, asked)
        return self.variables.decode(drawn[:, places], places)

    def fill_in(
        self,
        table: "pd.DataFrame | np.ndarray",
        *,
        route: str = "chained",
        sweeps: int = SWEEPS,
        seed: int = 0,
    ) -> "pd.DataFrame | np.ndarray":
        """It returns the table with a joint draw in place of the NaN of every row."""
        values = self.variables.encode(table)
        given = ~values.isnan()
        self._check_route(route)
        drawn = self.draw(values, given, route, sweeps, seed)
        return self.variables.decode(drawn, range(len(self.variables)))

    def log_prob(
        self,
        query: Mapping[Any, Any],
        given: Mapping[Any, Any] | None = None,
        *,
        route: str = "chained",
        orders: int = 1,
        sweeps: int = SWEEPS,
        seed: int = 0,
    ) -> LogProb:
        """It returns the log probability of values jointly, given others; see `LogProb` for what it is.

        Args:
            query: variable → value, or an array of values, one per row.
            given: variable → value, or as many.
            route: see the class.
            orders: of the route "chained", or paths of "diffused", drawn.
            sweeps: of the route "sampled", or steps of "diffused".
            seed: of orders and draws.

        Raises:
            AnySubsetError: as `sample`; arrays of different lengths, NaN in the query.
        """
        given = given or {}
        self._check_route(route)
        _check_disjoint(query, given)
        if not query:
            raise AnySubsetError("log_prob: the query is empty")
        values = self._rows({**given, **query})
        asked = torch.zeros(values.shape, dtype=torch.bool)
        asked[:, [self.variables.position(name) for name in query]] = True
        if bool(values[asked].isnan().any()):
            raise AnySubsetError("log_prob: the query has missing values")
        known = ~values.isnan() & ~asked
        total, kind = self.log_score(values, known, asked, route, orders=orders, sweeps=sweeps, seed=seed)
        return LogProb((total + self.log_units(asked)).double().numpy(), kind)

    # ---- the same on codes, many rows at once --------------------------------------------------------------

    def draw(
        self,
        values: Tensor,
        given: Tensor,
        route: str = "chained",
        sweeps: int = SWEEPS,
        seed: int = 0,
        asked: Tensor | None = None,
    ) -> Tensor:
        """A draw for each row, codes [row, variable]; given values stay."""
        generator = torch.Generator().manual_seed(seed)
        asked = ~given if asked is None else asked
        if route == "amortised":
            with torch.no_grad():
                drawn = self.heads.sample(self.network(values.nan_to_num(), given), generator)
            return torch.where(given, values, drawn)
        if route == "sampled":
            return routes.gibbs(self.network, self.heads, values, given, sweeps, generator).state
        if route == "diffused" and isinstance(self.network, Denoiser):
            return reverse(self.network, values, given, asked, sweeps, generator)
        order = routes.drawn_orders(len(values), self.heads.n, generator)
        return routes.chain_sample(self.network, self.heads, values, given, asked, order, generator)

    def log_score(
        self,
        values: Tensor,
        given: Tensor,
        asked: Tensor,
        route: str = "chained",
        *,
        orders: int = 1,
        sweeps: int = SWEEPS,
        seed: int = 0,
    ) -> tuple[Tensor, Literal["exact", "bound", "estimate"]]:
        """log p of what is asked, [row], continuous variables standardised; and what it is."""
        generator = torch.Generator().manual_seed(seed)
        alone = bool((asked.sum(1) <= 1).all())
        if route == "amortised" or (route == "chained" and alone):
            marginals = routes.one_pass(self.network, self.heads, values, given)
            return (marginals * asked).sum(1), "exact" if alone else "estimate"
        if route == "sampled":
            return self._gibbs_log_score(values, given, asked, sweeps, generator), "estimate"
        if route == "diffused" and isinstance(self.network, Denoiser):
            paths = [
                lower_bound(self.network, values, given, asked, sweeps, generator) for _ in range(orders)
            ]
            return torch.stack(paths).logsumexp(0) - math.log(orders), "bound"
        each = [
            routes.chain_log_prob(
                self.network,
                self.heads,
                values,
                given,
                asked,
                routes.drawn_orders(len(values), self.heads.n, generator),
            )
            for _ in range(orders)
        ]
        return torch.stack(each).mean(0), "exact" if orders == 1 else "bound"

    def chances(
        self, values: np.ndarray, given: np.ndarray, *, sweeps: int = 0, chains: int = 20, seed: int = 0
    ) -> np.ndarray:
        """Mean code of every variable alone, [row, variable], for binary ones the probability of the upper
        level: by one pass, or with `sweeps` the mean over Gibbs chains for each row. Values are codes.
        """
        codes, mask = torch.as_tensor(values).float(), torch.as_tensor(given)
        generator = torch.Generator().manual_seed(seed)
        many = (codes.repeat(chains if sweeps else 1, 1), mask.repeat(chains if sweeps else 1, 1))
        mean = routes.gibbs(self.network, self.heads, *many, sweeps, generator).mean
        return mean.reshape(-1, *codes.shape).mean(0).double().numpy()

    def log_units(self, asked: Tensor) -> Tensor:
        """What a log density of standardised values lacks to be one in the variables' own units, [row]."""
        scales = torch.tensor([-math.log(variable.scale) for variable in self.variables.each])
        return (asked * scales).sum(1)

    @property
    def routes(self) -> tuple[str, ...]:
        """Those that this network can go."""
        return ROUTES if isinstance(self.network, Denoiser) else ROUTES[:-1]

    def copied(self) -> "AnySubset":
        """A model with a network of its own, so that further teaching leaves this one as it is."""
        return AnySubset(self.variables, self.heads, deepcopy(self.network), self.losses)

    def _gibbs_log_score(
        self, values: Tensor, given: Tensor, asked: Tensor, sweeps: int, generator: torch.Generator
    ) -> Tensor:
        """Along a chain, each conditional is the mean of single-site ones over Gibbs draws of the rest."""
        total, given = values.new_zeros(len(values)), given.clone()
        for place in asked.any(0).nonzero()[:, 0].tolist():
            rows = asked[:, place].nonzero()[:, 0]
            score = routes.gibbs_marginals(
                self.network, self.heads, values[rows], given[rows], sweeps, CHAINS, generator
            )
            total[rows] += score[:, place]
            given[rows, place] = True
        return total

    def _check_route(self, route: str) -> None:
        if route not in self.routes:
            diffusion = ': fit(..., network="diffusion")' if route in ROUTES else ""
            raise AnySubsetError(f"route: expected one of {', '.join(self.routes)}, got {route!r}{diffusion}")

    def _row(self, observed: Mapping[Any, Any]) -> tuple[Tensor, Tensor]:
        values = self._rows({name: [value] for name, value in observed.items()})
        return values, ~values.isnan()

    def _rows(self, by_name: Mapping[Any, Any]) -> Tensor:
        columns = {self.variables.position(k): np.atleast_1d(_array(v)) for k, v in by_name.items()}
        lengths = {len(column) for column in columns.values()} - {1}
        if len(lengths) > 1:
            raise AnySubsetError(f"expected values of one length, got {sorted(lengths)}")
        rows = lengths.pop() if lengths else 1
        codes = np.full((rows, len(self.variables)), np.nan)
        for place, column in columns.items():
            codes[:, place] = self.variables.each[place].code(column)
        return torch.from_numpy(codes.astype(np.float32))

    def _asked(self, query: Sequence[Any] | None, given: Tensor) -> Tensor:
        asked = ~given
        if query is not None:
            places = [self.variables.position(name) for name in query]
            overlap = [self.variables.names[place] for place in places if bool(given[0, place])]
            if overlap:
                raise AnySubsetError(f"asked for what is given: {', '.join(overlap)}")
            asked = torch.zeros_like(given)
            asked[:, places] = True
        if not bool(asked.any()):
            raise AnySubsetError("nothing is asked: every variable is given, or the query is empty")
        return asked


def _places(model: AnySubset, query: Sequence[Any] | None, asked: Tensor) -> list[int]:
    if query is None:
        return asked[0].nonzero()[:, 0].tolist()
    return [model.variables.position(name) for name in query]


def _array(value: Any) -> np.ndarray:
    return value.to_numpy() if isinstance(value, pd.Series) else np.asarray(value)


def _check_disjoint(query: Mapping[Any, Any], given: Mapping[Any, Any]) -> None:
    if overlap := sorted({str(name) for name in query} & {str(name) for name in given}):
        raise AnySubsetError(f"asked for what is given: {', '.join(overlap)}")
