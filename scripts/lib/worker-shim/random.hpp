/**
 * mediasoup's Utils::Crypto::GetRandomString() draws from a linear congruential generator whose 32-bit state begins with an
 * address and shows in everything drawn. It makes SRTP keys (PlainTransport) and ICE passwords: whoever knows one knows the
 * next. Here they come from OpenSSL's generator instead. Included before every unit.
 */
#pragma once

#include <openssl/rand.h>
#include <cstdlib>
#include <string>

namespace WorkerShim
{
	inline std::string RandomString(size_t len)
	{
		// RFC 8839 5.4: what ICE credentials may consist of.
		static const char iceChars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		std::string text(len, '\0');

		if (RAND_bytes(reinterpret_cast<unsigned char*>(&text[0]), static_cast<int>(len)) != 1)
		{
			std::abort();
		}
		// ICE credentials are the only ones of 32; SRTP keys with their salts have 28, 30 or 44 bytes, of any value.
		if (len == 32)
		{
			for (char& c : text)
			{
				c = iceChars[static_cast<unsigned char>(c) & 63];
			}
		}

		return text;
	}
} // namespace WorkerShim

// Turns the definition in Utils.hpp into two: ours, and theirs under a name that nobody calls.
#define GetRandomString(parameter)                                                                   \
	GetRandomString(parameter)                                                                         \
	{                                                                                                  \
		return WorkerShim::RandomString(len);                                                            \
	}                                                                                                  \
	static std::string GetGuessableString(parameter)
#include "Utils.hpp"
#undef GetRandomString
