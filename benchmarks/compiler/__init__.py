"""How good is the code that the compiler makes?"""
