"""What the Transformer is compared with, behind the same waist."""
