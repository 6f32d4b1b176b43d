"""What lies behind the antenna: resolving, connecting, HTTP exchanges."""
