"""YOLO folders of any size, and what people would convert them with otherwise."""
