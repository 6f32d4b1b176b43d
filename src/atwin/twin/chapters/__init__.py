"""The command families, a chapter each as in the vendor's manual."""
