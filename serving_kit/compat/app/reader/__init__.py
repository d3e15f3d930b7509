"""What `paddle_serving_app.reader` offers: from images, sentences and videos to what models take, and back."""

from serving_kit.compat.app.reader.box import BlazeFacePostprocess, RCNNPostprocess
from serving_kit.compat.app.reader.chain import DetectionSequential, Lambda, Sequential
from serving_kit.compat.app.reader.chinese_bert import ChineseBertReader
from serving_kit.compat.app.reader.detection import (
    DetectionBGR2RGB,
    DetectionDiv,
    DetectionFile2Image,
    DetectionNormalize,
    DetectionPadStride,
    DetectionResize,
    DetectionTranspose,
)
from serving_kit.compat.app.reader.frame import Image2Array, Normalization, Scale, TenCrop
from serving_kit.compat.app.reader.geometry import CenterCrop, PadStride, Resize, ResizeByFactor, Transpose
from serving_kit.compat.app.reader.photo import ImageReader
from serving_kit.compat.app.reader.picture import Base64ToImage, File2Image, String2Image, URL2Image
from serving_kit.compat.app.reader.segmentation import SegPostprocess
from serving_kit.compat.app.reader.sentence import IMDBDataset, LACReader, SentaReader
from serving_kit.compat.app.reader.text_box import DBPostProcess, FilterBoxes, GetRotateCropImage, SortedBoxes
from serving_kit.compat.app.reader.text_line import OCRReader
from serving_kit.compat.app.reader.value import BGR2RGB, RGB2BGR, Div, Normalize
from serving_kit.compat.app.reader.video import Sampler, VideoDecoder

__all__ = [
    "BGR2RGB",
    "RGB2BGR",
    "Base64ToImage",
    "BlazeFacePostprocess",
    "CenterCrop",
    "ChineseBertReader",
    "DBPostProcess",
    "DetectionBGR2RGB",
    "DetectionDiv",
    "DetectionFile2Image",
    "DetectionNormalize",
    "DetectionPadStride",
    "DetectionResize",
    "DetectionSequential",
    "DetectionTranspose",
    "Div",
    "File2Image",
    "FilterBoxes",
    "GetRotateCropImage",
    "IMDBDataset",
    "Image2Array",
    "ImageReader",
    "LACReader",
    "Lambda",
    "Normalization",
    "Normalize",
    "OCRReader",
    "PadStride",
    "RCNNPostprocess",
    "Resize",
    "ResizeByFactor",
    "Sampler",
    "Scale",
    "SegPostprocess",
    "SentaReader",
    "Sequential",
    "SortedBoxes",
    "String2Image",
    "TenCrop",
    "Transpose",
    "URL2Image",
    "VideoDecoder",
]
