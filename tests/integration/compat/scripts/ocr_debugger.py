from paddle_serving_app.reader import *
from paddle_serving_app.local_predict import LocalPredictor
import sys
import numpy as np

det_preprocess = Sequential(
    [ResizeByFactor(32, 960), Div(255), Normalize([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]), Transpose((2, 0, 1))]
)
det_client = LocalPredictor()
det_client.load_model_config(sys.argv[1])
ocr_reader = OCRReader(char_dict_path=sys.argv[3])

im = File2Image()(sys.argv[2])
ori_h, ori_w, _ = im.shape
det_img = det_preprocess(im)
_, new_h, new_w = det_img.shape
det_img = det_img[np.newaxis, :]
det_img = det_img.copy()
det_out = det_client.predict(feed={"x": det_img}, fetch=["save_infer_model/scale_0.tmp_1"], batch=True)

filter_func = FilterBoxes(10, 10)
post_func = DBPostProcess(
    {"thresh": 0.3, "box_thresh": 0.5, "max_candidates": 1000, "unclip_ratio": 1.5, "min_size": 3}
)
sorted_boxes = SortedBoxes()
ratio_list = [float(new_h) / ori_h, float(new_w) / ori_w]
dt_boxes_list = post_func(det_out["save_infer_model/scale_0.tmp_1"], [ratio_list])
dt_boxes = filter_func(dt_boxes_list[0], [ori_h, ori_w])
dt_boxes = sorted_boxes(dt_boxes)

get_rotate_crop_image = GetRotateCropImage()
img_list = []
max_wh_ratio = 0
for i, dtbox in enumerate(dt_boxes):
    boximg = get_rotate_crop_image(im, dt_boxes[i])
    img_list.append(boximg)
    h, w = boximg.shape[0:2]
    wh_ratio = w * 1.0 / h
    max_wh_ratio = max(max_wh_ratio, wh_ratio)
_, w, h = ocr_reader.resize_norm_img(img_list[0], max_wh_ratio).shape
imgs = np.zeros((len(img_list), 3, w, h)).astype("float32")
for id, img in enumerate(img_list):
    norm_img = ocr_reader.resize_norm_img(img, max_wh_ratio)
    imgs[id] = norm_img
print([np.array(box).astype(int).tolist() for box in dt_boxes], imgs.shape[:3])
