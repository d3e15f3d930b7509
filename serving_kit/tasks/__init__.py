"""Tasks: from a sample to a model's tensors and back to an answer, as pure functions of numpy arrays.

task = tasks.load(model_dir)
prepared = task.preprocess(image)
answer = task.postprocess(client.predict(prepared.feeds), prepared)
"""

from serving_kit.tasks import (
    classification,
    click_prediction,
    digit_recognition,
    document_orientation,
    face,
    face_attributes,
    face_cascade,
    face_detection,
    face_embedding,
    face_expression,
    face_landmarks,
    file_type,
    keypoint_detection,
    layout_detection,
    lexical_analysis,
    music_transcription,
    object_detection,
    regression,
    segmentation,
    semantic_segmentation,
    sentence_embedding,
    sentiment,
    speaker_embedding,
    speech_denoising,
    super_resolution,
    table_structure,
    text_detection,
    text_orientation,
    text_recognition,
    voice_activity,
    word_importance,
)
from serving_kit.tasks.answer import Answer, Character, Label, Region, Text, TextBox, Word
from serving_kit.tasks.drawing import draw
from serving_kit.tasks.face import Face, crop_face
from serving_kit.tasks.polygon import crop
from serving_kit.tasks.pose import Keypoint, Pose
from serving_kit.tasks.pose_drawing import draw_poses
from serving_kit.tasks.segmentation import Mask, blur_background, cut_out
from serving_kit.tasks.task import Prepared, Task, ask, check, describe, load, names
from serving_kit.tasks.word_importance import RankedWord

__all__ = [
    "Answer",
    "Character",
    "Face",
    "Keypoint",
    "Label",
    "Mask",
    "Pose",
    "Prepared",
    "RankedWord",
    "Region",
    "Task",
    "Text",
    "TextBox",
    "Word",
    "ask",
    "blur_background",
    "check",
    "classification",
    "click_prediction",
    "crop",
    "crop_face",
    "cut_out",
    "describe",
    "digit_recognition",
    "document_orientation",
    "draw",
    "draw_poses",
    "face",
    "face_attributes",
    "face_cascade",
    "face_detection",
    "face_embedding",
    "face_expression",
    "face_landmarks",
    "file_type",
    "keypoint_detection",
    "layout_detection",
    "lexical_analysis",
    "load",
    "music_transcription",
    "names",
    "object_detection",
    "regression",
    "segmentation",
    "semantic_segmentation",
    "sentence_embedding",
    "sentiment",
    "speaker_embedding",
    "speech_denoising",
    "super_resolution",
    "table_structure",
    "text_detection",
    "text_orientation",
    "text_recognition",
    "voice_activity",
    "word_importance",
]
