"""Learning: networks and anomaly models from features. The only place that imports torch,
scikit-learn, ai-edge-quantizer and tflite-micro, and only when they are used.
"""
