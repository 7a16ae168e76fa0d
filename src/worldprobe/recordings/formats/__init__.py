"""The layouts that recordings are read from: one file each, found through the registry FORMATS."""

from worldprobe.recordings.formats.airsim import AirSim
from worldprobe.recordings.formats.aloha import Aloha
from worldprobe.recordings.formats.arkit import ArKit
from worldprobe.recordings.formats.carla import Carla
from worldprobe.recordings.formats.colmap import Colmap
from worldprobe.recordings.formats.comma import Comma
from worldprobe.recordings.formats.csv_tables import Csv
from worldprobe.recordings.formats.episodes_npz import NpzEpisodes
from worldprobe.recordings.formats.euroc import Euroc
from worldprobe.recordings.formats.format import FORMATS, Format, Opened
from worldprobe.recordings.formats.hdf5 import Hdf5
from worldprobe.recordings.formats.hdf5_episodes import Hdf5Episodes
from worldprobe.recordings.formats.imitation import Imitation
from worldprobe.recordings.formats.kitti import Kitti
from worldprobe.recordings.formats.lance_tables import Lance
from worldprobe.recordings.formats.lerobot import LeRobot
from worldprobe.recordings.formats.mcap import Mcap
from worldprobe.recordings.formats.minari import Minari
from worldprobe.recordings.formats.nerf import Nerf
from worldprobe.recordings.formats.npz import Npz
from worldprobe.recordings.formats.rlds import Rlds
from worldprobe.recordings.formats.robomimic import Robomimic
from worldprobe.recordings.formats.stable_worldmodel import StableWorldmodel
from worldprobe.recordings.formats.stable_worldmodel_folder import StableWorldmodelFolder
from worldprobe.recordings.formats.tables import Parquet
from worldprobe.recordings.formats.tdmpc2 import TdMpc2
from worldprobe.recordings.formats.tum import Tum

__all__ = [
    "FORMATS",
    "AirSim",
    "Aloha",
    "ArKit",
    "Carla",
    "Colmap",
    "Comma",
    "Csv",
    "Euroc",
    "Format",
    "Hdf5",
    "Hdf5Episodes",
    "Imitation",
    "Kitti",
    "Lance",
    "LeRobot",
    "Mcap",
    "Minari",
    "Nerf",
    "Npz",
    "NpzEpisodes",
    "Opened",
    "Parquet",
    "Rlds",
    "Robomimic",
    "StableWorldmodel",
    "StableWorldmodelFolder",
    "TdMpc2",
    "Tum",
]
