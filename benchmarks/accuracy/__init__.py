"""How accurate is what Tinsmith trains, as float32 and as the int8 code that ships?"""
