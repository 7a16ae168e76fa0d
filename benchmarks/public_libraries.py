"""Encoders as timm, transformers, stable-pretraining and stable-worldmodel write them, measured: public_libraries.json.

    pip install torch==2.14.1 torchvision==0.29.1 timm transformers lightning stable-pretraining stable-worldmodel
    python benchmarks/public_libraries.py

In an environment of its own: these libraries want another PyTorch than the lock file. Each writes an encoder with
random weights by its own function; `wp.measure` opens the file and measures it on a log of the room, and the library's
own objects embed the same frames by hand: both must find the same R². The last rows train in the loops of Lightning and
stable-pretraining, with `wp.RecoveryCallback` among the callbacks.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

import worldprobe as wp
from machine import RESULTS, described
from tables import rewrite
from worldprobe._util.files import write_json

ROWS, CLIP, SIZE, D = 1_200, 20, 64, 32
MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
STATES = ["truck", "dolly", "yaw"]

Embed = Callable[[torch.Tensor], torch.Tensor]
"""From standardised float frames (N, 3, H, W) to embeddings (N, d), by the library's own objects."""


def log(folder: Path) -> Path:
    """Write a log of the room with three controls: clips of an Ornstein-Uhlenbeck walk, with frames."""
    with wp.worlds["room-scoped"](size=SIZE) as room:
        drawn = wp.regimes["gaussian"](rho=0.9, clip=CLIP).sample(ROWS, room.controls, np.random.default_rng(0))
        frames = room.observe(drawn.controls)
    states = dict(zip(STATES, drawn.controls.T, strict=True))
    np.savez(folder / "log.npz", frames=frames, episode=np.arange(ROWS) // CLIP, **states)
    return folder / "log.npz"


def prepared(frames: np.ndarray, size: int) -> torch.Tensor:
    """Return frames as the libraries' transforms make them: resized, 0 .. 1, standardised, channels first."""
    from worldprobe.taps.preprocessing import Preprocessing

    made = Preprocessing(size=size, layout="NCHW", range=(0.0, 1.0), mean=MEAN, std=SD)(frames)
    return torch.as_tensor(made)


def timm_models(folder: Path) -> dict[str, tuple[str, dict[str, Any], Embed]]:
    """Write state dicts of timm, one with its classifier inside a training checkpoint."""
    import timm

    found = {}
    for name, size in (("resnet18", SIZE), ("convnext_atto", SIZE), ("vit_tiny_patch16_224", 224)):
        model, file = timm.create_model(name, pretrained=False).eval(), folder / f"{name}.pth"
        torch.save({"state_dict": model.state_dict(), "epoch": 1} if name == "resnet18" else model.state_dict(), file)

        def embed(x: torch.Tensor, model: Any = model) -> torch.Tensor:
            return model.forward_head(model.forward_features(x), pre_logits=True)

        found[f"timm {name}"] = (f"timm:{name}", {"checkpoint": file, "size": size}, embed)
    return found


def transformers_models(folder: Path) -> dict[str, tuple[str, dict[str, Any], Embed]]:
    """Write folders of transformers by `save_pretrained`."""
    from transformers import Dinov2Config, Dinov2Model, ResNetConfig, ResNetModel, ViTConfig, ViTModel

    size = {"image_size": SIZE, "patch_size": 8, "hidden_size": 96, "num_hidden_layers": 3, "num_attention_heads": 3}
    models = {
        "ViTModel": ViTModel(ViTConfig(**size)),
        "Dinov2Model": Dinov2Model(Dinov2Config(**size)),
        "ResNetModel": ResNetModel(ResNetConfig(embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1])),
    }
    found = {}
    for name, model in models.items():
        model.eval().save_pretrained(folder / name)

        def embed(x: torch.Tensor, model: Any = model) -> torch.Tensor:
            return model(x).pooler_output.flatten(1)

        pool = {"pool": "mean"} if name == "ResNetModel" else {}
        found[f"transformers {name}"] = (str(folder / name), {"size": SIZE, **pool}, embed)
    return found


def worldmodels(folder: Path) -> dict[str, tuple[str, dict[str, Any], Embed]]:
    """Write a LeWM of stable-worldmodel, with the backbone of stable-pretraining, by `save_pretrained`."""
    from hydra.utils import instantiate
    from omegaconf import OmegaConf
    from stable_worldmodel.wm.utils import save_pretrained

    lewm = "stable_worldmodel.wm.lewm.module"
    vit = {"_target_": "stable_pretraining.backbone.utils.vit_hf", "size": "tiny", "patch_size": 8}
    mlp = {"_target_": f"{lewm}.MLP", "input_dim": 192, "hidden_dim": 256, "output_dim": D}
    norm = {"norm_fn": {"_target_": "torch.nn.BatchNorm1d", "_partial_": True}}
    predictor = {"input_dim": D, "hidden_dim": D, "output_dim": D, "depth": 1, "heads": 2, "mlp_dim": 64}
    config = OmegaConf.create(
        {
            "_target_": "stable_worldmodel.wm.lewm.LeWM",
            "encoder": vit | {"image_size": SIZE, "pretrained": False, "use_mask_token": False},
            "predictor": {"_target_": f"{lewm}.Predictor", "num_frames": 3, **predictor},
            "action_encoder": {"_target_": f"{lewm}.Embedder", "input_dim": 2, "emb_dim": D},
            "projector": mlp | norm,
        }
    )
    model = instantiate(config).eval()
    save_pretrained(model, "lewm", config, cache_dir=str(folder))

    def embed(x: torch.Tensor) -> torch.Tensor:
        return model.encode({"pixels": x[:, None]})["emb"][:, 0]

    (file,) = folder.rglob("weights.pt")
    return {"stable-worldmodel LeWM": (str(file.parent), {"size": SIZE}, embed)}


def measured(given: str, how: dict[str, Any], embed: Embed, data: Path) -> dict[str, Any]:
    """Return R² by `wp.measure` and by hand, and the untrained network's."""
    start = time.perf_counter()
    found = wp.measure(
        given, str(data), states=STATES, frames="frames", layout="NCHW", range=(0, 1), mean=MEAN, std=SD, **how
    )
    seconds = time.perf_counter() - start
    told = found.to_json()
    frames = np.load(data)["frames"]
    with torch.inference_mode():
        h = torch.cat([embed(prepared(part, how["size"])) for part in np.array_split(frames, 12)]).numpy()
    by_hand = wp.measure(h, str(data), states=STATES, quick=True)
    (tap,), (own,) = told["taps"].values(), by_hand.to_json()["taps"].values()
    return {
        "d": int(h.shape[1]),
        "r2": tap["r2"],
        "r2_by_hand": own["r2"],
        "untrained": (told["references"].get("untrained") or {}).get("r2"),
        "seconds": round(seconds, 1),
    }


def in_lightning(data: Path) -> dict[str, Any]:
    """Train a module for 20 steps in Lightning's trainer with the callback, and return what it logged."""
    import lightning

    frames, states = _observed(data)

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(frames[0].numel(), D))

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            return self.backbone(batch["frames"]).square().mean()

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=1e-4)

    return _fitted(lightning, Module(), frames, states, lambda trainer, module, loader: trainer.fit(module, loader))


def in_stable_pretraining(data: Path) -> dict[str, Any]:
    """Train a module of stable-pretraining for 20 steps by its manager with the callback."""
    import lightning
    import stable_pretraining as spt

    frames, states = _observed(data)

    def forward(self: Any, batch: Any, stage: Any) -> dict[str, Any]:
        h = self.backbone(batch["frames"])
        return {"embedding": h, "loss": h.square().mean()}

    backbone = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(frames[0].numel(), D))
    optim = {"optimizer": {"type": "SGD", "lr": 1e-4}, "scheduler": {"type": "ConstantLR"}, "interval": "step"}
    module = spt.Module(backbone=backbone, forward=forward, optim=optim)

    def fit(trainer: Any, module: Any, loader: Any) -> None:
        spt.Manager(trainer=trainer, module=module, data=spt.data.DataModule(train=loader))()

    return _fitted(lightning, module, frames, states, fit)


def _observed(data: Path) -> tuple[torch.Tensor, np.ndarray]:
    found = np.load(data)
    return torch.from_numpy(found["frames"]).float() / 255.0, np.stack([found[name] for name in STATES], axis=1)


def _fitted(lightning: Any, module: Any, frames: torch.Tensor, states: np.ndarray, fit: Any) -> dict[str, Any]:
    monitor = wp.RecoveryCallback(frames, states=states, names=STATES, encoder="backbone", every=10)
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_steps=20,
            callbacks=[monitor.lightning()],
            default_root_dir=folder,
            enable_progress_bar=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            logger=False,
            accelerator="cpu",
        )
        dataset = [{"frames": frame} for frame in frames]
        fit(trainer, module, torch.utils.data.DataLoader(dataset, batch_size=32))  # type: ignore[arg-type]
    logged = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("recovery/")}
    return {"logged": sorted(logged), "r2": logged["recovery/r2"]}


def main() -> None:
    """Write the encoders, measure them, train, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as made:
        folder, torch_seed = Path(made), 0
        data = log(folder)
        for models in (timm_models, transformers_models, worldmodels):
            torch.manual_seed(torch_seed)
            for name, (given, how, embed) in models(folder).items():
                rows[name] = measured(given, how, embed, data)
                print(name, rows[name], flush=True)
        for name, trained in {"Lightning": in_lightning, "stable-pretraining": in_stable_pretraining}.items():
            rows[name] = trained(data)
            print(name, rows[name], flush=True)
    packages = ("torch", "timm", "transformers", "lightning", "stable-pretraining", "stable-worldmodel")
    document = {"machine": described(), "packages": {name: version(name) for name in packages}, "results": rows}
    write_json(RESULTS / "public_libraries.json", document)
    rewrite()


if __name__ == "__main__":
    main()
