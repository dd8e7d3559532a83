"""The words of random passphrases: plain, common, easy to spell and to tell apart when read out.

Always: lower-case letters only, no word twice, at least 1,024 of them, so that each adds 10 bits or more.
"""

_LINES = """
acorn actor adobe agate alder alley almond alpaca amber anchor anise ankle antler apple apron arbor arcade arch
arena armour arrow artist ash aspen atlas attic autumn avenue awning axle badger bagel bakery ballad balloon balsam
bamboo banana banjo banner barge barley barn barrel basil basin basket bazaar beacon beagle beaker bean bear beaver
bed beech beetle bell belt bench berry bicycle birch biscuit bison blanket blossom blouse blue bobbin boiler bonfire
bongo bonnet book boot border bottle boulder bowl box bracket bramble branch brass bread breeze brick bridge bronze
brook broom brother brush bubble bucket buckle budget buffalo bugle bundle burrow bus bushel butter button cabbage
cabin cable cactus cafe camel camera canal canary candle candy canoe canvas canyon cape caramel caravan cargo carpet
carrot cartoon cashew castle cattle cave cedar celery cellar cello cement ceramic cereal chair chalk chapel chapter
charcoal chart cheese cherry chess chestnut chimney chisel chorus cider cinema cinnamon circle circus citrus
clarinet clay cliff clinic cloak clock cloud clover coach coast cobalt cobbler cocoa coconut coffee coin collar
comet compass concert condor copper coral cork corn corner cotton couch cougar cousin cove cowboy coyote crab cradle
crane crater crayon cream creek crescent cricket crimson crocus crow crown crumb crystal cuckoo cup cupboard curry
curtain cushion cutlery cycle cymbal cypress daffodil dahlia dairy daisy dance date dawn deck deer delta denim depot
desert desk dew diamond diary dice dinghy dingo dinner dipper dock doctor dolphin domino donkey door dragon drawer
dresser drift drum duck duke dune dusk dust duvet eagle early earth easel east echo eclipse eel egg elbow elder elk
elm ember emerald empire engine envelope equator ermine escape estate evening evergreen express fabric factory
falcon family farm farmer fashion feather felt fence fennel fern ferry festival fiddle field fig figure filter finch
finger fir fire fish fjord flag flame flannel flask fleece flint flock floor flour flower flute foal fog forest fork
fort fossil fountain fox frame freckle friday fridge friend frog frost fruit fudge funnel furrow future gable galaxy
gallery galley garage garden garlic garnet gate gazelle gecko gem geyser giant ginger giraffe glacier glade glass
globe glove glue goat goggle gold goose gorge gorilla grain granite grape grass gravel gravy green grocer grotto
grove guava guest guide guitar gull gutter gypsum hail halo hamlet hammer hammock hamster handle harbour hare
harness harp harvest hat hatch hawk hay hazel heather hedge helmet hemlock herb heron herring hickory hill hinge
hippo hobby hockey holly home honey hood hoof horizon hornet horse hotel hour house hub humble hummus hunter hurdle
husky hut hyacinth ibis ice iceberg icicle igloo iguana impala inch indigo ink inlet insect iris iron island ivory
ivy jacket jade jaguar jam january jar jasmine jay jelly jersey jester jetty jewel jigsaw jockey journal journey joy
judge jug juice july jumper june jungle juniper jury kale kangaroo karate kayak keel kelp kennel kernel kestrel
kettle key kidney kiln kilt king kiosk kitchen kite kitten kiwi knapsack knee knight knot koala label lace ladder
lady lagoon lake lamb lamp lance land lantern lapel larch lark lasso latch lattice laurel lava lavender lawn layer
leaf leather lecture ledge legend lemon lemur lentil leopard letter lettuce level library lichen lilac lily lime
limpet linen linnet lion lizard llama loaf lobster locket lodge loft log lotus lounge lumber lunar lunch lupin lute
lynx lyric macaw magnet magnolia magpie mahogany maize mallard mallet mammoth mandolin mango manor mantle maple
marble march margin marigold market marlin marmot marsh mason mast match mauve meadow medal melody melon merchant
mercury mermaid metal meteor metro mica middle milk mill millet minnow mint minute mirror mist mitten moat mocha
mole monarch monday monkey month moon moose morning mosaic moss moth motor mountain mouse muffin mulberry mule
museum music mussel mustard myrtle napkin narrow navy nebula nectar needle neon nest nettle newt nickel night nimbus
noble noodle noon north nougat novel nugget number nursery nutmeg oak oar oasis oat oboe ocean ocelot octagon
october octopus office olive omelette onion onyx opal opera orange orbit orchard orchid oregano organ osprey ostrich
otter oval oven owl oxygen oyster paddle page pagoda paint palace palette palm pancake panda panel panther pantry
papaya paper paprika parade parcel park parrot parsley parsnip party passage pasta pastry patio pattern pavement
peach peacock peanut pear pearl pebble pecan pedal pelican pen pencil penguin peony pepper perch petal petrel
petunia pheasant phone piano pickle picnic picture pier pigeon pillar pillow pilot pine pinecone pint pioneer pipe
pistachio pizza planet plank plate platinum plaza plum plume pocket poem poet polar pollen poncho pond pony poplar
poppy porch porcupine porridge port potato pottery powder prairie pretzel prism prune puddle puffin pulley puma
pumpkin puppet purple puzzle pyramid python quail quarry quartz quay queen quill quilt quince quiver quota rabbit
raccoon radar radio radish raft rail rain rainbow raisin rake ranch rapid raven ravine recipe reef reindeer relay
relic resin rhubarb ribbon rice ridge ring ripple river road robin rocket roof room rope rose rowan ruby rudder rug
rumble runner rustic rye sable saddle saffron sage sail sailor salad salmon salt sand sandal sapling sapphire
sardine satchel satin saturn sauce saucer savanna saxophone scale scallop scarf scarlet school schooner science
scissors scooter sculptor sea seal season seaweed second sedge seed sepia september sequoia sesame shadow shale
shamrock shawl shed sheep shelf shell sheriff sherry shield ship shirt shoe shore shovel shrimp shrub shuttle siesta
silk silo silver singer siren sister skate sketch ski skipper skirt sky slate sled sleet slipper sloth smoke
smoothie snail snow soap soccer sofa soil solar sonar song sonnet sorbet soup south spade spaniel sparrow spice
spider spinach spiral spire sponge spoon spring spruce square squash squid squirrel stable stadium stage stair stamp
star starfish station statue steam steel stem step stew stirrup stitch stoat stone stool stork storm story stove
straw stream street string studio sugar suitcase sultan summer summit sun sunday sunrise surf swallow swan sweater
swift swing sycamore symbol syrup table tablet taffeta tailor talon tambourine tango tapestry tarragon tart tavern
taxi tea teacher teal teapot temple tennis tent terrace thicket thimble thistle thread throne thrush thunder
thursday thyme ticket tide tiger tile timber tinsel toast toffee tomato topaz torch tortoise toucan towel tower town
tractor trail train tram trapeze tray treasure tree trellis triangle trifle tripod trolley trophy trout trowel truck
truffle trumpet trunk tuba tugboat tulip tuna tundra tunic tunnel turban turbine turkey turnip turquoise turret
turtle tweed twig twilight twine typhoon umber umbrella uncle unicorn uniform union universe urchin utensil vale
valley valve vanilla vapour vase vault veil velvet veranda verse vessel viaduct village vine vinegar vineyard viola
violet violin visitor visor vista volcano vole voyage waffle wagon waiter wallaby wallet walnut walrus waltz warbler
wardrobe wasp water wave wax weasel weather weaver wedge wednesday weekend well west whale wharf wheat wheel whisker
whistle white wicker widget willow wind window wing winter wisteria wizard wolf wombat wonder wood wool workshop
wreath wren wrist writer yacht yak yard yarn year yellow yew yoga yogurt yonder zebra zephyr zero zigzag zinc zinnia
zipper zither zodiac zone zoo
"""

WORDS = tuple(_LINES.split())
