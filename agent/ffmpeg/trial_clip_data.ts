/**
 * The bytes of the clips that decoders are tried with.
 *
 * Made by FFmpeg 5.1.9, six pictures each, as {@linkcode writtenSample} has
 * them: `ffmpeg -f lavfi -i "$CLIP" -frames:v 6 $CODEC - | gzip -9n | base64`
 * with CLIP =
 *
 *     nullsrc=s=1920x1080:r=30,geq=
 *     lum='32+mod((floor(X*4/W)+4*floor(Y*3/H)+N)*53,192)':
 *     cb='64+mod((floor(X*4/W)+4*floor(Y*3/H)+N)*37,128)':
 *     cr='64+mod((floor(X*4/W)+4*floor(Y*3/H)+N)*71,128)'
 *
 * on one line, and with the CODEC that stands at each.
 *
 * @module
 */

import type { StreamCodec } from "../media/codec.ts";

/** Base64 of gzip of a byte stream. */
export const CLIP_DATA: Readonly<Record<StreamCodec, string>> = {
  // -pix_fmt yuv420p -c:v libx264 -threads 1 -preset veryslow -tune
  // zerolatency -crf 32 -bsf:v filter_units=remove_types=6 -f h264
  h264:
    "H4sIAAAAAAACA72XeVjM/bvH7+/szbRMCW1+TdOixVJNGyrTlApFiiQkKkKYUJHkWyqTFmmh" +
    "nsJQogWp0EaTFhUtKp4QpuUhDxEtemg53+88v8c517mu88+5znX+meu+78/n/mzf9/2Z1wcA" +
    "kF2+wCl0YhNF8ssXEVgARMB+qGf7KTxDwJr9B20pq9kizPITRBK2TXftHlmQM0n33PegqXSV" +
    "y66flceC7MkMcY9fhmcXimeDw1XtkC564tTTFMlgoVKNOcP30wxrokwvqA6f7uj69LozBU35" +
    "dkN+Q6ArwLY4Lq1K2TRsOU9PJzlEKGBGNZu1mvm6+7oXaxprHmxQflquPru754xgouBUXZhD" +
    "vaMTZSDMTZu136Fe1wMz11HsMJPpa/9vsw52YSaXcviXSSWFYeZehzosOoCbRzHT92yRVJ9B" +
    "UWrG/Stp21+ZnHSbeGwNxLue66TLHPVKLgGsNuN/tbw5V/NzGenaOUYmO4a9dW3nTgTGRiav" +
    "9Zp8z/MV2X954U9VawpVelRnwrjXpVGsqxnEpexnmhziIx3lh7SIXKWymvfFsNO31E5M8rdM" +
    "KQLX3NAAlK71Ql4X6Wa7WYEtadUuIS0p1mkUmSWvdxHV4FiZccmeAYJUhIr7WB/Mv4v7Cv/p" +
    "P8d9qYwPxbCoxNfu2riCsuL3MST/QMnYF5Po7FVAiLukJPPbXd1jjUAS5s8PN1maPUclsuXD" +
    "6/75R30OVNQkaI+vfbBCr+uACFa5C0nFKm7vgPryjydJMnCYE6etiwzNi+0H/VnHlwFFRzI3" +
    "PtfiTl87IS21zTkJOZXJ1gY7fC/STtheCNqcTl/YsbMxlivfdDGTRZxtZrcKEp+MvgClvGK2" +
    "CylyV24j1DufVUC18A1Q9AMEaXK4uGx+U2PZUQ3Z6DsSahHBo53I8+kPLpiZPP6hRTSqpHtW" +
    "ZF4TgNyZ6VoXkEq75xlnrnU9Tq5rU+THUv/6pMqZPrJr1pcvvbLDobtWJM9fzdy3KP62ovuY" +
    "0YbAKMU/5nsVl51740zXUqdt/tPTVZw4/9TBcjuy+vu0nVnP37N/c1sQdqCPALT+eAo5wGWK" +
    "OLh4O6XuoD1xNtN3Q1231WUjgVr2qU/cPqpOnw/TIqKJdbNOlnXQZMFtokAtMt5iW2SKuq3x" +
    "XHHOI//X0RN6hmC+PZzuBLKDWAOQZFmBRJRgi+WJ4KdAjSuGBCybD8t3UJkWoImPAYrpEXWy" +
    "IOWETWHTwlQSltVqOS321k+Z/M5nhLMjZprL6S3HOk11MmlL9RJTFHSKpR49i1LPMurhZI7F" +
    "+u2hmJReLHC6pR8b/fFIbnkE9+OStwa0bWWvhZdF1Z6lp0pCauvnERI3lOy+MgykwRtuh5d6" +
    "g9wBKdLHTA9S0Y2BFLElOaX9ocaCY+nIzxBl1WGQK+d7k42bJ4nG5NX1Iishk2HjSXgnRZYm" +
    "z+MRh/gEW7o0n5EA0h1CAGMqd8t+0TlprMCJMmrkbA+GAx/AXx+9H4dsHweQS3NRWiM22iYC" +
    "gsooOWdQ2mMYIHMFgp2vynoAg90iHye0IROA/qNIqVNsdA3rOF5FMVWS3oNdOk+uIgmriCpZ" +
    "AKanuT7r0YY8AJm+JKVnLKN8LhAvialUkawcCggln/Cpi2LqCBBqCeIJpAabRTONu/U3SQqT" +
    "LlzUguc/2pF4KVr1DsdVZBF9TqFdaBF2g2PxBh3em7Yj5MVmIVyvfJ9/aoDT/byHIG21/Nll" +
    "85cNcROba9OYHkHSliFXBjZ3Pjvco7BTyhKhD5cp9iS8pKsxxgocQnL6f5baZxEetCOqJ08l" +
    "hIKMVW2EjzsgN+s84hsxKTjKawFBhzZuhcIxQop8GRh8VT0lBrlh1x3mQM7X5E8CgUl3shdD" +
    "Rd1+dRR4NSsFPTB3MKF2GGhH9IxUUSJDviwcEEWyjiYffK6Yy4lAw3CSrAOyLHwMirtkDA05" +
    "kas3DGKdAt3+rio9S6YNxfZfcpEuTCLYyJwUo0zbmYJnf2W43w6nfNc2b0134atNDJSfubJv" +
    "5+v0cDMvpuGVEL3ifud92ZkdxtXTrA16rdPTzBlD3fsRDQ0uLsdDl6/Kuntn78y0dW796qnh" +
    "xkCFeSsNDHj0ickIr3YrDUE2PYEzll/2kBEQMX7oRY1GWL2RYKtr5e3V6oWgf8xbNei27SgT" +
    "TeONycVqM8Dk7EZFVl2dO+tgoUYg8f+l0E6mc9f6Pcp2jOum58wsyyK8FQhPfLvJK/EabVnp" +
    "vPe+v0L1X85vHRUuaZriNfa94f7H8+tNvL5wRzM3plfsp9wNbjVqV2R0XOq+t+VDrznHvevK" +
    "UMaDnrGpxRm/r3+yqREoGePUh2+7gXzh8KGhWL2Jyg11ym9yoqRav3Mlf4o/7xQ5RztzIfj5" +
    "74GzE8UiamRLZyzA4moWa8eRb/AvDzN6FiEKzOdyUGWBNVM4G0XaehUJAVIuLlQmXOgQIN5S" +
    "yRZ0F4TSi1XaXISvbkgob8XG3lOG3kGZd03wUpw6wvBAdNKwqL0Yiyo8zgEgS1lI+yM+F7Cq" +
    "DQuG16jq/GQAqTvMuSjhRoAIEP1cwjBs3H8dQNeZ6yOSUTyL5Xy4Ln0EyU/GQKBGDzkD5gft" +
    "AJTvsIzElM+OKBDX51As4d2ldoB9WHWh8zR/AMiao2pcknoitg6C/HqyGJ6tZDLul1i2xI7+" +
    "TOTM8+F5xKzNsnbPyDrAPWLafNstY6OYYckeWVwS/CAsJ6VXseAz7U/5i1qdDVNrk4+v+sDm" +
    "Sm2c8GtZ1z+T9vHu54GmjMj2QJ6lae63gnkdfgN6qjGh8/XfqfstPMuV8ZMmFcIS5YrcN4jO" +
    "xp27Gg7GL/AFslavLXzvhmVZfiJn7CJJr0WzvKE++wGhGojxSkJFb9DwLoF4McI9rUvLgdkT" +
    "VXBZhOyKE0lNgopA4lyPE9EXgKpSFeSKkFLMqQLV61VQIEKKZMqkU0FV+AptESFVmNMDaiBx" +
    "6v52uBKnQaZMRnGHjaQmBfFSM9Pd70cWZNaeLpdqU5nac1628H6PvouJn/SQ5fm8dIlMiIhj" +
    "pQGPVDC0or56GYZTV/tLKJtUzn+P+RHTWp93ZG+ul2183qoFSfUJ4RnaQQDqRVzCgPVWyizD" +
    "G3RWISvi4RXjbQdjTwvjb3E97d1PnLB1WH4nQUXnZYNxRe9UoY9Bjr6mwfKqjg7jkp+Ni1JC" +
    "llfWGiy/E//UeuSnx5Ooxx4N7uD/fvw2Su9ubvuEmD03SkPVlkwVehP+Mj/0E9Y2uJ/wZig1" +
    "t30NIlD0m5P28HJcrNSeE9+fHRTt+XkOELmcdStnWx1XYVsAJW1zZoBg7WGjr6ylQzLcwdUV" +
    "0UMsavuf1Zdd/QNazAg2bT+qSVUw1HRuIW+QU/pulorafLrvCDec7PsSSPtylHeWITESiFKx" +
    "wCFqj842Z5SicOCaN1x3wsBi9hIMLIiDGIRAFA4as3fjoKGG+7F4+5wXuO/4y5+7Cfd1cBCp" +
    "aMFAROMQTlI//qEbg8Lzr6te9vw1cfj1tVtHcxaquIDiZjRkxKvIOV0Ea6KKVV7fsy3n3XYg" +
    "Uc3vVy05/cAyyOqoq/W/IWoNl4yscesTUtZIIOqoBKJGJBB1CIco/V8QZTjyC6Ji/xtELZFA" +
    "VC4OUS9+QVSS0y+IOv0/QpQgiXZiurYIsagmxK+NLdlzambm3rRzXa4NUuK01+mChOl3P69o" +
    "T1X2Ldqgmww0jl36nsK0HTXip8HF8i58whodGWOUGBqU91hrzIlRNOfeWBghmHw951gNnTTP" +
    "ZKL1c46bmaN9HzPP568M6ehwncCtBxz0YZHIqF32jWOkIU07Caj2aGRS7PMjQN9Qc4y3OBA7" +
    "NFfGJ8IsJaCYPmX4m/EBIdF4GQltGFmHKZ5p4DBBjyNtTrLng9aEvGXM4mEwECk2Cgq8wZvC" +
    "LpcPRhHyIH/YIgeIKTXn+I1JwOigrLU1EIPxNuXY+AtcaMvySzXeCYRLEW7t+fxQrS/cZJv5" +
    "wa8W7hF/G3klemM+63YPAKPkaxt6J/pak4AF1KBo7/Np9wQCp0bVlvNT49dk5LLOjisFmfVX" +
    "NxLzN3Pl17SH6Kycrw+e3NL6c2+SIxSGaGU91XeF+PnpGTYfePgddascEsPADAW5cfEPT0Uv" +
    "DGV+iBP7KGbtoDJOimBND0NakpGdAg9kq0WQsKMSaEqY/IDVp81phxhBahuXoIKDP02Ah9k8" +
    "PCzRL+EW/rmZ2xUyBoGHiwJxx/VB88D7aeAfHArwb09agEuamXcxk/36jPOT5IQFu1/1NrAS" +
    "ckt3c2Gdf1PItnGv/i985H3FCq+aabvmlsF9R/faCEjMZc+7N/jAjUvjbjpXrwPZ6Nloq8XI" +
    "ftiYx+KcKwLNpRLlzvLU3b4fiB2JdV9R4gE5rU9AmoPLllqJr24uC1/MIlydYMbBhAwXcXki" +
    "t/GVkq0xkcNsXKqw6R2mYoQvCX/Dw0pH8bCvDh7OwMOU03hYJaOYvd7qbw2nYhp+eOKdh20e" +
    "914tY2AZ3elEmxaYde9eY6x/t0hyOVInc24sjBt9/uSVLkZ3+6LE7IjHbAe6OKYk+4rM59Q0" +
    "QrUSvyyzcGpdH4MF5IlGOFUnn06sYAfeyDw+7K7TnJjd12Sa3deuGFGuPsewNaFx4mYD9iCs" +
    "32Kt2Wetz/M21+zL0CMetNbjiTBTgL0+rXVPsv8xWcSlmAmc7F+mBZbGInpi2WAuMZutNfu1" +
    "EiKT3vMPBW0Jo+b9l3fl2tD83tNYgRN+9+Artqwxf59b3e8P+7arJl8shrfpsiaIY62TQZFI" +
    "ReWQ/i0B5Ae4tTFfvRkweXir7U1uOlodM/FoZSmMd3OlCvoCf4Cak26ukEv6rPtiAFWJPd/p" +
    "jURlfujG3mz4rbYGP9sf/9v3pJC2Bb+ewv+5nk5/Why+v8r+2kabJssOueCHzdj78qpCd9fL" +
    "od53KMHeTq7VuZM9bxGl5AInytjTKtJT7vdb+g6NV5cmTIDUKhL4ukb9GQEronmlXUBOxvWl" +
    "FLtQ3gJxwxds5PZ/+ahMRdj4LvBBrx/9D10+vXfcEAAA",
  // -pix_fmt yuv420p -c:v libx265 -preset slow -tune zerolatency -crf 32
  // -x265-params log-level=none:info=0 -f hevc
  hevc:
    "H4sIAAAAAAACA5VXezhUWxtfe2YMM8Yg90rNMK5JqJQU28Ehl1AqQk1IdBTKZcptiEbIvXLU" +
    "QZLknHBySykTlaQjR+rkmlvIUSEil/Y3s2c7z/d8df74nmc9a6/9vu9a611r/d7fehcAAIIh" +
    "CoQgEBMAPEjhV7zCusDmNQH0AwT9jyIXz2VLvL2wL82mBPIW4YvQahzmm5tBD46Xu/OakDpU" +
    "skHpZKF4tqFre73XH74bPBszp8PnkdnLb7+qcebzZfO1hAif71OJwCkNTkO+3C8qdHU59Pq0" +
    "p2AeiIjMNyhcSjj9Jt4blYQYR9ysGtrmo8elo/8B8PUtJtx34nq3AaiZxZz77wJ5pItsz+C3" +
    "cGXj39HrMTlYi5Jr/60e34M18UpT32pxspJ5vmF3+yT/rL24i7mG0YWKhcvp5/YbZ6+p4vrL" +
    "Fup4GO7bjIolijSqjJEiO5x1kqHI5fzLqFBNBlqLLM62btZOFWVeWiFXmZLLX7aPA6olnh7j" +
    "f6nornu0vmbzPfLCps+o/I5Dxdi+jbG/UVLisCXNtHyjU0YPFwixvt1CGzjlLpKRXnepJ1u4" +
    "8IfukPn9C1EzRCu3meG+W437DuwtRm6fd48+rKpbGvwT0G3AjUN/Qr9CBiZCD6QMgt88l7fN" +
    "CabdaBbqB6W5fi27YEfYGXY1cfxai1Ru2Mqw9nHNZbymW66wVxxfVbq6VMlNsO55xjd+aAtc" +
    "JO/v/eaI1wnW9/FbTTXaoJow/1eD2/MdLPCK2LR35vc1/0chx/GDAAe1kCIkl8eY6WamJlH1" +
    "zicliibUp6ckx8MLcWF/RX6p+zjP3tnzTjXh4wv9Vpnkq1AawYYOHav234Esboo17V/MXvia" +
    "VY6NKbzVPKA7Cw6djZz7SMtz3ed5PGeAi6J2x/rfqV8PIE00zsDBnKDzZmgHmZZq2xQyrlSk" +
    "JQBAkl1zchJv1ozIC/Z2qNhbko90PNUg82acVPBVGN2Q/nToOAUF2sZ1fvxIgUhV0SKXCLwB" +
    "heyq0b6Mf2IFrDdCZ8+d5uHMZ5jfJHYt6fQH+SNCeYX8eh86pFwpWXJHyMVwnZI2jSAm0CRY" +
    "o5OC7R6Xhsy+TvWfSLXel8SQntBxiUF4Gnq9yh/kE17FHpQBZCqvfeSHLWP+MbdO+enwO62t" +
    "uKH2Qa8p1A/JWtjsevUo9IPYBBcNMej9Ogzili9XBwLIakZeee6spgOVDQiqD4LmbMfLbPa5" +
    "bBrkGxEyMHfNf+bX3qOAorAgYRntrY5GnDoWR3J8IsIJ8cjnfgG6EH8s0DY8AYBQ3AKgOnTq" +
    "rbmYfIT3K7wzF+DPoJax7KCRN1f7Nc0n1UM4noyThp0Ro6lSpsVnucNdjOozkZObNAYqRLQd" +
    "onZ0d0aUDXqRidfvwyyONLRNh2yOa4C8PY/5/qjv3Jht5t40JPJm0QV5Xu3nNvDhKJeYAGRo" +
    "QlTcoxs+Gnn0e5arrRz/rp2e/ny2NfPygZX+ALePbUKTXynBImcTywmGaAS8zOGS734wDRbV" +
    "NwLS7Qoq0oc9mykPuLSPAavjLFHGqOTV2kbjuOL5lO44LYRbOxpv3HHLJOvTGBCOo/EtjnKB" +
    "CJ5y+2yyvFYwvk70dbnDtEoaWagVBudQ/iRqQUdn2CQyzSJYguPAJt/lzwztXgLHKS6Ft3EW" +
    "TQJ+IuhAI++uvEhVkaV9L5BUaVggSSJtpsIEu9TjGU965NThs+RBy1T6gnd4Tm//ryqw36Rx" +
    "MUdlyirT2Lg/U+i2KM1huKzsWGcDcGxACsYLnx0oW1/1cInIpbNGPZhFQbdbcxBkTkz5a3DY" +
    "fHShwJvot1/d1p3+uyZO0ydUFRXJ6VQ//0LFqROd7KIc3zvpprXE4uX4yIdwRzYltTRqfb73" +
    "hWdIGriFhoM+LR1SEO0FssnNzfs/vZBpj64AQMpo1MNQtkz13BC6Pacl+B9bGA0lL9bNJyKf" +
    "HS4zVjHxo3cyH3MSY2pQBcRArxs+k4jVRn04zervBacM0sij7hPZOh0zcyiEX6GHagGTvtgO" +
    "X+zWueW4NsgbqA22iZZ3rIy9U1bPJUqdbtYYy3lNlVb2x0tIUW0fKDQ3Drm8Ta3f8UiwZOLK" +
    "jfkGqkXmNFmw6txlKoV13VUg1zKu+cWJlP2kV9sMp6SPRUMCwE+VAmVRyV+4AmLNBDSnowcJ" +
    "40XW2O56wcBJ/Iyp46kVu7A+GiF/DL0fKpAIH4sYqGLbHa6G7nfs3ZLzfu/UnQLzxNIax179" +
    "281We0OrrVaowXVixuF05+5jPmvzLJvVk4Wc/2gxONhwr2CozqWNUnoI4KUBl/0iWl6EtYUG" +
    "8nMonGEObQibekMutMNIQWpyJ80Vkxzj4uyS5RkRyqNLN38rGy/j3mFgvZUDY+75gFDO8XaY" +
    "5qctLCW6iv0vjL6FiQFRPmfxoc5KSaML21uVI8ziJh4dSlq5OXDBO6zVJ9wu/XlGdKW89ZXG" +
    "8GUF4s9nC6BjuNF+e7dGwz75SAQZk8UvTFfMzZthTGFvO3BiY6B0n58dYtA/lJDemRSwX0DF" +
    "Qy/xeiOIWpnDXOB9p+ZPaqsvK6CgATC8BMe9mQ8Dw+rEasLOMn15gITWfj6kuaKiBbcNTRHy" +
    "tgQNXXuPdjHjopA0svKd8a5MqU5IAcqPewxAWv54pRmebwydRS88UUse7gppK3YfXhC74UiS" +
    "oym352/sn3Whm6BHvfiQX5MsAVXZdNkeNr2FSHM/zRqUW5h3tSkiKV3yHBfNEWweiSX3+sr2" +
    "qWnxmNqcezF37pyoVqBkldnDwLyqqRauibGXzKQ53Nz4d8hgxvWTJ+uGtAfuOvhpaP9zH9OZ" +
    "23nUKnqdlpRRKjgkTZRBws0BO/ShYI67vM/ytqcSE/ewU6wFoHI8jtMvSF9ECwEueLxUqb3x" +
    "lUbrCRlj7FJYfnyjRVLz4posrrcrS53uqTno9zRCSdF9z8rd8VKrRRj55bqBG6kJiYi3XveV" +
    "tZt+X3a8cHgGL9GRW/o51QkkXkkGEkxhQPZXBQ/PTAF8qFvBZiVByrhMApA6n8KPxAUspk8D" +
    "sl81JJs6BP4zuUDFzxDv/UzgfDXv85tL4wRTlXVC59+SCFw8BjhaLcIwBSyz2TZ1mxBIiSEi" +
    "WQ6zJsbnFmOtqqwrZIbDVI7uFipVDMxW70tKlu3VZptb12sjxNzI2f190u8fmBo2daPgJ+za" +
    "/s6k+/kWDWnkr1OUZYOzOXEcARLFjgQ0C6UciLjYpBjp9NL2IE6QRq0cv1PUE/SAjMul24vV" +
    "bwYiLZV3FJef+kvB9MBOvoEBd309amjFTQczJG7aq7+MYmKF7ALFSL8G3vj405EESk73hCAh" +
    "1kaHXO3PAVCLW3FkySWoWO3wq3e7Dvn0fTrCpd+yaEPtKvaj8P8MGI86RhRgYqsH1BVb/jhg" +
    "ogYm3jiDnWKr5XHfgT3dq3p+PeWp9VvaYrTtRJrn1Kte3DBsopHlr3/At82tZFEKaZiYUmVF" +
    "OJ5XVHM2PzHcKyEU8UkECsNBZc9wQRcgCHfftMQLT1Bwb516q5uo6yzD/bnKY5UWZXlQhHkv" +
    "UAuL0XLYtMQGcbwGZXKNDaFl6Q0gyntuHJOCTa8sJT08ooa6i9dLC0lggjW9gFC/63GIhtc1" +
    "/bdoKlDIDo4Sg5OezcXINAPXm2NvFMTNovuNdlpEzVS42sR773006zh61JEb397Met1GmvS8" +
    "fp4T9nO3ooGjfd7MmZeKFs4Zzs1N6e3nfqIqaweaDObFavb09gVl7WqA1zMB8cM9it+FJfxE" +
    "sYGk3M9RiZ3YEqAqoGiF6NnRsH8cGWht9WIwti29bnjvhvNGLyaYKvHHiv81scW5Y6BUR0Hp" +
    "LbktsOHcRVcz1sSjUUkls0Q0r/30qbZAuoP9X3lttvyXW46jPUjnyYqEDeq1XdGT6A3n38xC" +
    "pntMdi2MTRrY2QkYOrpJOxxBbpycSZVZ2KqL+aopyGVJbueBXrLVGcerAHoKgSHeUjR3vwog" +
    "XREE3TM2L4EVu64lzNgcpaElCpdEVKJPrNWGKIGx2RwoRYukCoS7sizKD++hotxXKI3eyYOU" +
    "qWdVO8A5uogCMeE1+U/spQStc2YC6Jre2nDd8R8Zzz9x6phEexK1Uw2/M892mrTdKMS3cduT" +
    "kRpIK158Xd7Aww28e/MGnBY2sJS1l/EmMWrrAxZdggeIqBOADFiW1HnsmYV7CvCRrl4a5YJn" +
    "NTERCD+uLaoKMchf/ubQmeBQsUPXM3tlJuhH43V7cUfaPr80jZQe0b7luMbv/OC1nwLWL8Yy" +
    "NfpAjNNvDfk2alvbEn0M6OFzD3/0XJGgk1/9vPOq7d6SCLHU9sWg0D2l3ddGexU1J3uknppc" +
    "feLnG+7cDswypUs/eIgfxECBvw+6FPVnfLZLKWL+k9Sht5lpSmHLKshL2ZM/3iZIwtxSs3kQ" +
    "k9B6QdwKTxmXk0ZahOqSP+F/RQ8h7D+fVDEkZhAAAA==",
  // -pix_fmt yuvj420p -c:v mjpeg -q:v 8 -f mjpeg
  mjpeg:
    "H4sIAAAAAAACA+2df3CT9R3Hnye/LaNNVgs1aSVLTyxVasZaCCi0+0GYyg/LqN0hHY26GwWV" +
    "lpWO6xUJ83ps0iDeftjbOETiWmjPrni4QzrYQ+WkJ38MLnQr6GEQPFqOzW5XZk9PsydB78Tu" +
    "j73FTxvDO9xBn+SbL++kyff1ued5vz/fWH8sqtjv89/rV1SDoqj6HyX2sWJfGKh/pHh24bdm" +
    "FX7T61VibyrfVWx2e6Y9c1Li5sx2ulwup37T/8nNzfV4PPrf8R/dbo/ntqm35eV58qZOzc/P" +
    "93oLC32+OfPn/yB2VFmuqPGb8pmb2WKzjrpTsVrM9mvv0W8OVTEYFeNn7n8h89zDgUfeyQrH" +
    "NMVhM/msQaPqUQwOxehQYmeUr+ljDQ795xLlX+7MR/uV///mOuH8w/eQ8VHniyPY+FeQ+XOa" +
    "DcozwHhjg3HZniAwvtG47HkFGv8gNP+zwVJHFPgP1pau/o0dGR9c/asoNr4PmX+d12a4Bxg/" +
    "cWDi0t3I+KGJSxux8cuR+dP9qrIA+IWph9T2ZaXA+MNq+5IgNL4Dmr9Xc9uGgBc8a1fxfb9A" +
    "xmvF9w5h41cj88/ONqm3AuMtw5a9Zcj4Ecveedj4l5D5rXlKME8DnnA22FfgBsa/rfTdrmHj" +
    "25H5L1TZTRuIACKACCACiAAigAggAogAImBsEVBhf6P7pvUu/1JzTUdX2f4fuyvSus0pddg6" +
    "ydLe2RP2n/x1bVXB5Zsfv2XBJEPnkZQ6rG6qbe/oej4lf32fHC6vXVHz5MWnhoeXrTozY/sd" +
    "W94aenJnU2LUhzszIifCq94o7Zzy0yMfNOhvx/ezXvvnhpIl3wmFpxkObPyrdXAgMU/Gq9GP" +
    "5qbNbH4x7dz790xpe0F//zavmBefMz+Vp+zVZvyyBltDsDVqF7pG5aVha5R1EVSmjoBl6jBa" +
    "ppoCYJk6GAbLSKhM1ctasExthua/UJVbBJWpUbBMPYGWqY4mrEw1tkJlaiNYpjagZarBC5ap" +
    "dSfBMhIrU0vRMtWfhZWp6b+DytQhsEwdQMtUWw9YpkagMvUwWKYegsvUbLBMnbMKLCOJACKA" +
    "CCACiAAigAggAogAIuA6EQAv0bInq9Mr1cnQktuqnnoMPPkserL6+C7PILLkFmlzQuDJZ9GT" +
    "1bPrTJXQkttiLdsniQDweqW1MLi1DVlyI8qlmciSiyIAvV757glHHbLkOqty/UclEQBer8w5" +
    "aCiEltyFxj39yJLbKHy98rnS+RFkya0OrneB1x9Fr1euG7AdhJZ0b3r4YSKACCACiAAigAgg" +
    "AogAIoAIIAKAJ2yKnY6NQ07uGg1mi00dlZOzWsymLzcndywYnasIfvZRx+4X+K7MPCr42Ycd" +
    "u/h3pbVf8rOPOnbxcqnuzaRy7OLl0u/RcknUsYuXSxG0XBJ17H6BcunxpHLs4uXSIrRcEg1t" +
    "4OXS4J8kyx8igAggAogAIoAIIAKIACKACBiNgB7tvb7+B1admbHtTnPlz0Ph/He08v78VDqc" +
    "7u0sLq/PvJRIHlVUJXJFWfVpqXR4fPEd2zLi+amnQ0yOQVO+ml2Rk9Z905VUzom2qWcfQNYQ" +
    "acfucdBRWxQFy1Rpx24dWEbuAMtUacduIeiojQSxMlXasfsu6Kh11oBlqrRj9yBYRi4Gy1Rp" +
    "x+5zoKO2WgPL1GRz7PrAMlU6tFEJLtFtYJlKBBABRAARQAQQAUQAEUAEEAHXjYCkc+yiTeN8" +
    "uMNX1LGLNo1rwx2+oo5dtGmcjoBQUjl20b6hO3CHr6hjF+0bGgnCDl9Rxy7aN1RHgF/yeiV8" +
    "/RHtG7oYd/iKOnbRvqHVGhzyIAKIACKACCACiAAigAggAoiAGxwBYx2Te+h/bidnGouc3PvK" +
    "lS4N+6yJOl7RzKcTby4m63hFM58L4eZiso5X9CRiNd5cTNbxisb+8f6Sso5XNPbfCveXlHW8" +
    "orH/Iry/pGzoAY39t8D9JWVDD2jsP4L3lyQCiAAigAggAogAIoAIIAKIgOtEQM+B9/r6798T" +
    "zxs1xVNl0wwHEiGz1Dmc7uv0lcRTUwVFzItBU14IrKgpuHz7qfizexLb121ekdi+LnUOf7uj" +
    "wtnenRZK6f0U1bP3Y2uUrONVvkwVdryKl6nCjlf5MlXW8Spfpgo7XsXL1CRzvOJlapLtVAGX" +
    "qcKhB/kylQggAogAIoAIIAKIACKACCACrhMBSed4HZq4XDIqLe54Pax2iEalpR2vOgKqJaPS" +
    "4o7XEctLklFpccerjgCsrycYlZZ2vOoI2C8ZlRZ3vDYaHxSNSkuHHvQlHevrCXbLIAKIACKA" +
    "CCACiAAigAggAogAImB8tpP7fE7OOurOeE7uy43JDWuun1RJ/qrQc3ANcG+rPbK0Rs/Bwe0N" +
    "sVS7uGEUb28YFqU1ehnmENze8JQsrdHdYvH2hqGkygwMw+0Ny0RpjV6GOQu3N8RS7dKZARfe" +
    "3tAvSmsigAggAogAIoAIIAKIACKACBiNgIpb1sajUjc7GRKDplzn7fRlpfwudaHyyiZ/KoYn" +
    "Pz2MTDCWVwTm6a/d15V47eGtauKtSJ3D/do3nrZBa5SwYRTd1bfFZAbLVFnDKNofL6IEwesK" +
    "soZRtD+es8o+CStThQ2jaIvUhQYDWKYml2G0Olj6UFJlBtBdfb22CWCZKpsZQFuktqoqWKbK" +
    "ZgbQFqlFmnt6UmUGiAAigAggAogAIoAIIAKIgNRHQNIZRg+rk6H5e9GkrrBhdJbmuQQt6dlg" +
    "UlfaMDpiqoSSwHlgUlfaMPq2shVqW3kBTeoKG0ZdUcd6KAncDCZ1pQ2jjYZCaP5n0WYNwpmB" +
    "tcH5WNtKtFmDdGZgyHYQagbhB5s1EAFEABFABBABRAARQAQQAUTADY+ATUmwn5zF/ElOTng/" +
    "uX9vz/7bD4H3ZjJ4Gv0u8CTfSrD5F/plp37qp37qp37qp37qp37qp37qp37qp/5x0B/ovPtK" +
    "/dcvzWx+2XI1MdTrvBqOcq9JBInu3Hw1M/XVf7jNeb68IlCWii/tcw8XBLqKyxPZvX2va4kB" +
    "x1yJyNTxnMfMiefXXo1OffUfbs15wnOl/tZnXjn30dzc7b63Ci5PWfPaBw13u2v1d2be37cM" +
    "D9eXnq/p6Nr4x4zBgcubX9ffpw9/NCVy8rQx1NN55D9/LmkLv2x1NVU+9Y8Nm5YseDR9Vlq3" +
    "9czQxzu39eY8kVWfcaNMu7vFuvEisGyYQS/dBNCMiXYCMLRgrR6on/qpn/qpn/qpn/qpn/qp" +
    "n/qpn/qpfxz0gyZMM+jinYB6AMFwp/7+L9pH/dRP/dRP/dRP/dRP/dRP/dRP/dRP/dQvqH+c" +
    "tpa7RoPFbBuLxNwx9eJq4J1RwT0fDCOmABTXRfuwodt4Uj/1Uz/1Uz/1Uz/1Uz/1Uz/1Uz/1" +
    "U/846Hee/0tF4NuMkTFGxhjZqBjZmlB55ZbdKfyl+PThvdrPTiFNzVaC2ymge/lOBtswTgO3" +
    "hqV+6qd+6qd+6qd+6qd+6qd+6qd+6qf+sdd/F9iEfSXYxR/dnhFtbDYtuN5B/dRP/dRP/dRP" +
    "/dRP/dRP/dRP/dRP/dQvqb8kdvq/MoQ7kQRLAQA=",
};
