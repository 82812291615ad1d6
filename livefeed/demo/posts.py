"""What the demo people wrote in the past three days, oldest first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Draft:
    """A post before it is one."""

    author: str
    hours_ago: float
    title: str
    paragraphs: tuple[str, ...]

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)


def draft(author: str, hours_ago: float, *paragraphs: str, title: str = "") -> Draft:
    return Draft(author, hours_ago, title, paragraphs)


POSTS = [
    draft(
        "mara",
        70.2,
        "Somebody returned a book that was due in March 1987. No note, no name, only a tram ticket at page 112, "
        "which is as far as they got.",
        "We have decided that the fine is one good story, payable at the desk.",
        title="The returns box",
    ),
    draft(
        "jonas",
        68.9,
        "Rye, day three. It smells of apples and a little of paint, which is exactly right. #bread",
    ),
    draft(
        "tomasz",
        67.4,
        "Restored last week’s backup onto a spare machine, because a backup that was never restored is only a "
        "hope. It took eleven minutes and showed one folder that nobody had been saving since autumn. Now "
        "somebody is.",
        title="Backups, a short story",
    ),
    draft(
        "priya",
        66.0,
        "A clear sky over the hills after nine cloudy nights. Saturn was so sharp that my neighbour asked whether"
        " I had painted it on the lens.",
    ),
    draft(
        "noor",
        64.1,
        "Counted bicycles at the crossing by the old mill for an hour: 412, of which 31 carried a child, six a "
        "dog, and one a cello.",
    ),
    draft(
        "aiko",
        61.5,
        "夜行列車の窓から見る町は、どこも少しだけ知っている町に似ている。",
        "From the window of a night train every town looks a little like one you know.",
    ),
    draft(
        "lucia",
        58.8,
        "I told everyone to plant early. Everyone did. Then it froze.",
        "There are seedlings to spare in the greenhouse behind the school. Take two, and forgive me by August.",
        title="Tomatoes, an apology",
    ),
    draft(
        "samir",
        55.2,
        "A bridge is never still. In the sun ours grows by eleven centimetres; when a lorry passes, it bows by "
        "the width of a thumb. The gauges write it all down, and after a year you know it like a person: quick in"
        " spring, sulky in frost.",
        "People ask whether the movement is dangerous. It is the other way round. We worry about the joint that "
        "has stopped moving.",
        title="What a bridge says",
    ),
    draft(
        "demo",
        53.0,
        "Moving my notes here. Expect bread, half-read books and the occasional complaint about fog.",
    ),
    draft(
        "mara",
        50.3,
        "Overheard at the desk: “Do you have the sequel to the dictionary?” We looked. We do not.",
    ),
    draft(
        "jonas",
        48.7,
        "Two kilos of leeks, one of potatoes, a parsnip nobody asked for. Sweat the leeks in butter for far "
        "longer than seems reasonable; they should give up entirely.",
        "Water, not stock. Salt at the end. A spoon of mustard if the guests are late.",
        "Eleven people, no leftovers, one request for the parsnip.",
        title="Soup for eleven",
    ),
    draft(
        "tomasz",
        46.1,
        "Uptime is vanity. Time to recover is a virtue.",
    ),
    draft(
        "aiko",
        44.2,
        "Translating a sentence that has no subject, no tense and no hurry. English wants all three by Friday.",
    ),
    draft(
        "noor",
        41.9,
        "The new pavement on Canal Street is forty centimetres wider than the old one. That is all that changed. "
        "Now two people with umbrellas can pass, the café has put out a bench, and somebody sits on it.",
        "Cities are made of forty centimetres.",
        title="Forty centimetres",
    ),
    draft(
        "priya",
        39.5,
        "For everyone who asked: the bright thing in the west after sunset is Venus. Not a drone, not an omen. "
        "Half an hour later it is behind the chimneys, so be quick.",
    ),
    draft(
        "lucia",
        37.3,
        "Hoy abrió el primer girasol del huerto, torcido y feliz. 🌻",
        "The first sunflower of the garden opened today, crooked and happy.",
    ),
    draft(
        "samir",
        35.0,
        "Load test done. 48 lorries full of gravel parked in two rows, their drivers playing cards on the bonnet "
        "of the first. Calculated: 63 mm. Measured: 61.",
    ),
    draft(
        "mara",
        33.4,
        "Give a book a hundred pages less your age before you put it down. I heard this at twenty and thought it "
        "cruel. Now I find it generous, and it gets more so every year.",
        title="A rule for reading",
    ),
    draft(
        "demo",
        31.2,
        "Third attempt at Jonas’s loaf. It is no longer a weapon.",
    ),
    draft(
        "jonas",
        30.6,
        "For Robin’s fourth loaf, and anybody’s: wetter than you dare, hotter than you like, and then leave it "
        "alone. The last part is the recipe.",
    ),
    draft(
        "tomasz",
        28.0,
        "Deleted nine hundred lines today and wrote nine. The nine are a comment that explains why there is "
        "nothing here.",
        title="Nine lines",
    ),
    draft(
        "noor",
        26.2,
        "Headwind both ways. I have asked the council to look into it.",
    ),
    draft(
        "aiko",
        24.8,
        "木漏れ日: light that falls through leaves.\n"
        "積ん読: books bought, stacked and not read.\n"
        "侘しい: lonely, with the lamp on.",
        "I had all three in one chapter. The light survived. The books became a sentence. The lamp I am still "
        "carrying around.",
        title="Three words",
    ),
    draft(
        "priya",
        22.5,
        "The camera sees more than I do. Four minutes of light, stacked and sharpened, and it is done before the "
        "tea is cool.",
        "I still draw Jupiter by hand, in pencil, at the eyepiece, with a red lamp in my teeth. A drawing takes "
        "half an hour, and for half an hour I have to look. The air boils, the planet swims, and then for one "
        "second it stands still and there is more on it than in all the minutes before.",
        "The drawings are not good. The looking is.",
        title="Why I still draw",
    ),
    draft(
        "samir",
        20.1,
        "من أعلى الجسر تبدو المدينة أهدأ مما هي عليه.",
        "From the top of the bridge the city looks calmer than it is.",
    ),
    draft(
        "lucia",
        18.4,
        "The bees have moved into the broken hive and left the new one empty. I am choosing to see this as a "
        "review of my carpentry.",
    ),
    draft(
        "mara",
        16.1,
        "Inventory, shelf by shelf. Found so far: two letters, a pressed fern, a boarding pass to Lisbon, and the"
        " cookbook that has been “certainly on loan” for six years.",
    ),
    draft(
        "jonas",
        13.7,
        "A customer brought back the paper bag, folded, and asked for the same again. 🥖",
    ),
    draft(
        "tomasz",
        11.2,
        "Moved the choir’s mailing list off a machine that had been running since 2009. It went down without a "
        "word. Good manners to the end.",
    ),
    draft(
        "noor",
        9.0,
        "Map of the week: every bench in town, by whether you can see water from it. There are 214. You can see "
        "water from 80. I have started at the north end.",
    ),
    draft(
        "aiko",
        7.1,
        "The trolley on this train sells tea, rice crackers and, if you ask, silence.",
    ),
    draft(
        "priya",
        5.2,
        "Bright: 3\nFaint: 14\nAeroplanes, reported as meteors by my father: 5",
        "நிலா இன்று மேகங்களுக்குப் பின்னால் இருக்கிறது; நானும்தான்.",
        title="Meteor count, forty minutes",
    ),
    draft(
        "lucia",
        3.4,
        "Seed swap on Saturday in the school yard, ten to one. Bring what you have, take what you will plant, "
        "leave the mint where it is. Nobody needs more mint. #garden",
    ),
    draft(
        "samir",
        2.0,
        "The inspection lamp found a swallow’s nest inside the bearing housing. The bearing can wait until they "
        "have flown. I have written “fauna” into the form, under “obstructions, temporary”.",
    ),
    draft(
        "mara",
        0.9,
        "Next up: Tove Jansson, The Summer Book. Short chapters, an island, a grandmother who fibs to good purpose.",
        "Thursday in the small hall. Come even if you have read only the first page. It is a very good first page.",
        title="Reading group",
    ),
    draft(
        "jonas",
        0.35,
        "The oven is on, the radio is off. Best hour of the day. #bread",
    ),
    draft(
        "tomasz",
        0.1,
        "Moved this little server to the shelf by the window. Same uptime, better view.",
    ),
]
