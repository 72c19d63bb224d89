from brainwright import connectome as connectome
from brainwright import datasets as datasets
from brainwright import emulator as emulator
from brainwright import evidence as evidence
from brainwright import experiment as experiment
from brainwright import learning as learning
from brainwright import loop as loop
from brainwright import network as network
from brainwright import objective as objective
from brainwright import report as report
from brainwright import runs as runs
from brainwright import signal as signal
from brainwright import simulation as simulation
from brainwright import tissue as tissue
from brainwright.connectome import Connectome as Connectome
from brainwright.connectome import expand as expand
from brainwright.connectome import nulls as nulls
from brainwright.connectome import perturb as perturb
from brainwright.connectome import signs as signs
from brainwright.datasets.activity import Activity as Activity
from brainwright.emulator import Emulator as Emulator
from brainwright.evidence import Verdict as Verdict
from brainwright.evidence import against_nulls as against_nulls
from brainwright.evidence import compare as compare
from brainwright.experiment import Claim as Claim
from brainwright.experiment import Design as Design
from brainwright.experiment import Study as Study
from brainwright.learning import LearningRule as LearningRule
from brainwright.learning import check_rule as check_rule
from brainwright.loop import close_loop as close_loop
from brainwright.loop import fit as fit
from brainwright.network import Network as Network
from brainwright.network import check_network as check_network
from brainwright.network import compile as compile
from brainwright.network import layered as layered
from brainwright.signal import Recording as Recording
from brainwright.signal import tune as tune
from brainwright.simulation import WholeBrain as WholeBrain
from brainwright.tissue import Guarded as Guarded
from brainwright.tissue import SimulatedCulture as SimulatedCulture
from brainwright.tissue import StimulusPlan as StimulusPlan
from brainwright.tissue import Tissue as Tissue
from brainwright.tissue import check_tissue as check_tissue

__version__: str
ROOMS: tuple[str, ...]
MAIN: dict[str, tuple[str, ...]]
