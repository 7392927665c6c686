# SPDX-License-Identifier: CC0-1.0
"""Makes the small images of this folder and pixels.safetensors: what Pillow decodes, converts and resizes them to.

    pip install pillow numpy safetensors
    python make_images.py
"""
import numpy as np
from PIL import Image
from safetensors.numpy import save_file

y, x = np.mgrid[0:13, 0:17]
colour = np.stack([x * 15, y * 19, (x * y * 7) % 256], axis=-1).astype(np.uint8)
grey = ((x * 11 + y * 13) % 256).astype(np.uint8)

Image.fromarray(colour).save("colour420.jpg", quality=83, subsampling=2)
Image.fromarray(colour).save("colour444.jpg", quality=95, subsampling=0, progressive=True)
Image.fromarray(grey).save("grey.jpg", quality=90)
Image.fromarray(colour).save("colour.png")
Image.fromarray(np.dstack([colour, 255 - grey])).save("transparent.png")
Image.fromarray(colour).quantize(16).save("palette.png")
Image.fromarray((grey > 127).astype(np.uint8) * 255).convert("1").save("bits.png")

names = ["colour420.jpg", "colour444.jpg", "grey.jpg", "colour.png", "transparent.png", "palette.png", "bits.png"]
pixels = {}
for name in names:
    image = Image.open(name)
    pixels[name + ".rgb"] = np.asarray(image.convert("RGB"))
    pixels[name + ".l"] = np.asarray(image.convert("RGB").convert("L"))[..., None]
for height, width in [(5, 7), (29, 40), (13, 4)]:
    pixels[f"resized.{height}x{width}"] = np.asarray(Image.open("colour.png").resize((width, height), Image.BILINEAR))
save_file({key: np.ascontiguousarray(value) for key, value in pixels.items()}, "pixels.safetensors")
