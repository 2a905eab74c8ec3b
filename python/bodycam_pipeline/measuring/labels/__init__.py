"""Labelled pictures as others keep them: COCO, YOLO, VOC, and this project's own list."""
