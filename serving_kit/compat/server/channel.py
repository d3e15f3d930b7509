"""What `paddle_serving_server.pipeline.channel` offers to those who pack answers themselves."""

from serving_kit.codecs.pipeline_code import ErrNo as ChannelDataErrcode
from serving_kit.compat.server.error_catch import ProductErrCode
from serving_kit.pipeline.ends import ChannelData, ChannelDataType

__all__ = ["ChannelData", "ChannelDataEcode", "ChannelDataErrcode", "ChannelDataType", "ProductErrCode"]

ChannelDataEcode = ChannelDataErrcode  # its name before 0.5
