"""The report site: pages that show where every number comes from. Reads published Parquet only; needs no network."""
