"""A comparison as page, workbook and console output."""
